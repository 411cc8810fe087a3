"""Accounts over the built-in issuer with a key file, and people who register."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from infra.local.keys import ensure_key
from shared import issuing, signing_keys, tokens
from shared.settings import settings
from tests.client import Answer, Client

PASSWORD = "correct horse battery"


@pytest.fixture(scope="session")
def key_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("issuer") / "key.pem"
    ensure_key(file)
    return file


def forget_keys() -> None:
    settings.cache_clear()
    signing_keys.signing_keys.cache_clear()
    issuing.issuer.cache_clear()
    tokens.issuer_keys.cache_clear()


@pytest.fixture(autouse=True)
def _signing_key(key_file: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("SIGNING_KEYS", f"file:{key_file}")
    forget_keys()
    yield
    monkeypatch.undo()
    forget_keys()


@dataclass
class Person:
    client: Client
    id: int
    username: str
    email: str


@pytest.fixture
def anyone(db: sa.Connection) -> Client:
    """A client without a token, over an empty database."""
    return Client()


def registration(**changed: Any) -> dict[str, Any]:
    return {"username": "alice", "email": "alice@example.com", "password": PASSWORD} | changed


def register(anyone: Client, username: str = "alice") -> Person:
    answer = anyone.post(
        "/api/v1/auth/register", json=registration(username=username, email=f"{username}@example.com")
    )
    assert answer.status == 201, answer.body
    user = answer.json()
    return Person(anyone.as_user(user["id"]), user["id"], user["username"], user["email"])


def sign_in(anyone: Client, username: str = "alice", password: str = PASSWORD) -> Answer:
    return anyone.post("/api/v1/auth/login", json={"username": username, "password": password})


@pytest.fixture
def alice(anyone: Client) -> Person:
    return register(anyone)
