"""Verifying an account's e-mail address, and sign-in that asks for it."""

from collections.abc import Callable

from shared.identity.mail_tokens import Purpose

import pytest
import sqlalchemy as sa

from tests.accounts.conftest import Person, follow_link, jobs, mailed, register, sign_in, verify
from tests.support.client import Client
from tests.support.redis_server import SetEnv

VERIFY, SEND = "/api/v1/auth/email/verify", "/api/v1/auth/email/verification"


def test_registration_asks_for_a_mail_in_its_own_transaction(anyone: Client, db: sa.Connection) -> None:
    alice = register(anyone)
    [job] = jobs(db)
    assert (job.kind, job.user_id, job.payload) == ("verification", alice.id, {})
    assert anyone.post("/api/v1/auth/register", json={"username": "alice"}).status == 422
    again = {"username": "alice", "email": "other@example.com", "password": "correct horse battery"}
    assert anyone.post("/api/v1/auth/register", json=again).status == 400
    assert jobs(db) == []


def test_no_mail_is_asked_for_where_none_is_sent(anyone: Client, db: sa.Connection, set_env: SetEnv) -> None:
    set_env(MAIL_FROM="")
    register(anyone)
    assert jobs(db) == []


def test_a_link_verifies_the_address_once(anyone: Client, alice: Person, db: sa.Connection) -> None:
    token = mailed(Purpose.VERIFICATION, alice.id, alice.email)
    assert alice.client.get("/api/v1/users/me").json()["email_verified"] is False
    follow_link(anyone, "email/verify", token)
    assert alice.client.get("/api/v1/users/me").json()["email_verified"] is True
    key, spent = db.execute(sa.text("SELECT verified_email_key, spent_at FROM users, mail_tokens")).one()
    assert (key, spent is not None) == ("alice@example.com", True)
    answer = anyone.post(VERIFY, json={"token": token})
    assert (answer.status, answer.error) == (400, "invalid_mail_token")


@pytest.mark.parametrize(
    "spoil",
    [
        "UPDATE mail_tokens SET expires_at = now()",
        "UPDATE mail_tokens SET purpose = 'recovery'",
        "DELETE FROM mail_tokens",
        "UPDATE users SET email = 'b@example.com', email_key = 'b@example.com'",
    ],
)
def test_a_token_that_is_not_due_changes_nothing(
    anyone: Client, alice: Person, db: sa.Connection, spoil: str
) -> None:
    token = mailed(Purpose.VERIFICATION, alice.id, alice.email)
    db.execute(sa.text(spoil))
    db.commit()
    answer = anyone.post(VERIFY, json={"token": token})
    assert (answer.status, answer.error) == (400, "invalid_mail_token")
    assert alice.client.get("/api/v1/users/me").json()["email_verified"] is False


def test_an_address_that_the_release_before_sets_is_unverified(alice: Person, db: sa.Connection) -> None:
    verify(db, alice)
    assert alice.client.get("/api/v1/users/me").json()["email_verified"] is True
    db.execute(sa.text("UPDATE users SET email = 'b@example.com', email_key = 'b@example.com'"))
    db.commit()
    assert alice.client.get("/api/v1/users/me").json()["email_verified"] is False


def test_another_mail_is_asked_for_by_anyone_for_any_address(
    anyone: Client, alice: Person, db: sa.Connection
) -> None:
    jobs(db)
    for address in (alice.email, "nobody@example.com"):
        answer = anyone.post(SEND, json={"email": address})
        assert (answer.status, answer.json()) == (202, {})
        [job] = jobs(db)
        assert (job.kind, job.user_id, job.payload) == ("verification", None, {"email": address})
    assert anyone.post(SEND, json={"email": "nobody"}).error == "validation_error"


def test_sign_in_asks_for_a_verified_address_after_the_password(
    anyone: Client, alice: Person, set_env: SetEnv
) -> None:
    assert sign_in(anyone).status == 200
    set_env(REQUIRE_VERIFIED_EMAIL="true")
    answer = sign_in(anyone)
    assert (answer.status, answer.error) == (403, "email_unverified")
    assert sign_in(anyone, password="wrong").error == "invalid_credentials"
    follow_link(anyone, "email/verify", mailed(Purpose.VERIFICATION, alice.id, alice.email))
    assert sign_in(anyone).status == 200


@pytest.mark.parametrize(
    ("route", "body"),
    [
        ("email/verify", {"token": "x"}),
        ("email/verification", {"email": "a@example.com"}),
        ("email/undo", {"token": "x"}),
        ("password/forgot", {"email": "a@example.com"}),
        ("password/reset", {"token": "x", "new_password": "rabbit hole 1865"}),
    ],
)
def test_an_address_calls_each_route_ten_times_a_minute(
    anyone: Client, set_env: SetEnv, store: str, route: str, body: dict[str, str]
) -> None:
    set_env(SIGN_IN_RATE_LIMIT="10")
    call: Callable[[], int] = lambda: anyone.post(f"/api/v1/auth/{route}", json=body).status  # noqa: E731
    statuses = [call() for _ in range(11)]
    assert (429 in statuses[:10], statuses[10]) == (False, 429)
