"""Who becomes a user: anybody, those whom an admin invites, or nobody."""

from shared.identity.mail_tokens import Purpose

import pytest
import sqlalchemy as sa

from tests.accounts.conftest import Person, follow_link, jobs, mailed, registration, sign_in
from tests.support.client import Client
from tests.support.redis_server import SetEnv

USERS = "/api/v1/users"
BOB = {"username": "bob", "email": "bob@example.com"}


def test_an_invited_user_sets_a_password_by_the_link(
    anyone: Client, admin: Client, db: sa.Connection
) -> None:
    answer = admin.post(USERS, json=BOB | {"name": "Bob", "role": "admin"})
    user = answer.json()
    assert (answer.status, user["role"], user["name"]) == (201, "admin", "Bob")
    assert answer.headers["location"] == f"/api/v1/users/{user['id']}"
    assert answer.headers["etag"] == anyone.get(answer.headers["location"]).headers["etag"]
    [job] = jobs(db)
    assert (job.kind, job.user_id, job.payload) == ("invitation", user["id"], {})
    assert sign_in(anyone, "bob").error == "invalid_credentials"
    token = mailed(Purpose.INVITATION, user["id"], BOB["email"])
    follow_link(anyone, "password/reset", token, new_password="rabbit hole 1865")
    assert sign_in(anyone, "bob", "rabbit hole 1865").status == 200
    assert anyone.as_user(user["id"]).get("/api/v1/users/me").json()["email_verified"] is True
    assert jobs(db) == []  # the user has just set it


def test_an_invitation_needs_free_names(admin: Client, alice: Person) -> None:
    assert admin.post(USERS, json=BOB | {"username": "ALICE"}).error == "username_exists"
    assert admin.post(USERS, json=BOB | {"email": "Alice@example.com"}).error == "email_exists"


def test_an_invitation_with_a_key_is_sent_once(admin: Client, db: sa.Connection) -> None:
    headers = {"Idempotency-Key": "k"}
    first, second = (admin.post(USERS, json=BOB, headers=headers) for _ in range(2))
    assert (first.status, second.status, first.body) == (201, 201, second.body)
    assert len(jobs(db)) == 1


@pytest.mark.parametrize("registration_is", ["invited", "closed"])
def test_nobody_registers_where_registration_is_not_open(
    anyone: Client, db: sa.Connection, set_env: SetEnv, registration_is: str
) -> None:
    set_env(REGISTRATION=registration_is)
    for headers in ({}, {"Idempotency-Key": "k"}):
        answer = anyone.post("/api/v1/auth/register", json=registration(), headers=headers)
        assert (answer.status, answer.error) == (403, "registration_closed")
    assert db.scalar(sa.text("SELECT count(*) FROM users")) == 0
