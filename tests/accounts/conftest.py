"""Accounts over the built-in issuer with a key file, and people who register."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jwt
import pytest
import sqlalchemy as sa

from tests.support.client import Answer, Client
from tests.support.statements import recorded

PASSWORD = "correct horse battery"


@pytest.fixture(autouse=True)
def _signing(signing_key: Path) -> None: ...


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


def refresh(anyone: Client, token: str) -> Answer:
    return anyone.post("/api/v1/auth/refresh", json={"refresh_token": token})


def bearer(pair: dict[str, Any]) -> Client:
    """Returns the client that the gateway has authenticated by the pair's access token."""
    claims = jwt.decode(pair["access_token"], options={"verify_signature": False})
    return Client({name: str(value) for name, value in claims.items()})


def logout(anyone: Client, token: str) -> Answer:
    return anyone.post("/api/v1/auth/logout", json={"refresh_token": token})


@pytest.fixture
def statements(db: sa.Connection) -> Iterator[list[tuple[str, Any]]]:
    """The statements that this process sends from here on, with their parameters."""
    with recorded() as sent:
        yield sent


@pytest.fixture
def alice(anyone: Client) -> Person:
    return register(anyone)
