"""Accounts over the built-in issuer with a key file, and people who register."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shared.database.engines import engine
from shared.identity import mail_tokens
from shared.identity.mail_tokens import Purpose
from shared.models.jobs import Job

import jwt
import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.accounts.environments import Environment
from tests.conftest import NewUser
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


@pytest.fixture
def admin(new_user: NewUser) -> Client:
    return new_user("root", role="admin")


@pytest.fixture
def here(environments: list[Environment], anyone: Client) -> Client:
    """A client that calls in the module's first environment."""
    return environments[0].serve(anyone)


@pytest.fixture
def there(environments: list[Environment], anyone: Client) -> Client:
    """A client that calls in the module's second environment."""
    return environments[1].serve(anyone)


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


def mailed(purpose: Purpose, user_id: int, email: str) -> str:
    """Returns the token of the mail that is due. tests/local/test_account_mails.py takes it from the mail."""
    with Session(engine()) as db, db.begin():
        token = mail_tokens.issue(db, purpose, user_id, email)
    assert token is not None
    return token


def move(db: sa.Connection, person: Person, email: str, password: str = PASSWORD) -> None:
    """Verifies the person's address, asks for another one and verifies that."""
    verify(db, person)
    change = {"email": email, "current_password": password}
    pending = person.client.put("/api/v1/users/me", json=change).json()["pending_email"]
    follow_link(person.client, "email/verify", mailed(Purpose.VERIFICATION, person.id, pending))


def verify(db: sa.Connection, person: Person) -> None:
    verified = "UPDATE users SET verified_email_key = email_key WHERE id = :id"
    db.execute(sa.text(verified), {"id": person.id})
    db.commit()


def follow_link(client: Client, route: str, token: str, **more: str) -> None:
    answer = client.post(f"/api/v1/auth/{route}", json={"token": token} | more)
    assert answer.status == 204, answer.body


def jobs(db: sa.Connection) -> list[Job]:
    """The jobs since the last call."""
    found = db.execute(sa.delete(Job).returning(Job.id, Job.kind, Job.user_id, Job.payload)).all()
    db.commit()
    return [Job(**each._mapping) for each in sorted(found)]


@pytest.fixture
def alice(anyone: Client) -> Person:
    return register(anyone)
