"""Events of an account: what happened, by whom, and what is kept of it."""

from typing import Any

from shared.database.sessions import Session
from shared.identity.mail_tokens import Purpose
from shared.identity.users import grant_admin

import pytest
import sqlalchemy as sa

from tests.accounts.conftest import (
    PASSWORD,
    Person,
    bearer,
    follow_link,
    logout,
    mailed,
    move,
    refresh,
    sign_in,
)
from tests.accounts.test_refresh import later
from tests.conftest import NewUser
from tests.support.client import Client
from tests.support.redis_server import SetEnv

EVENTS = "/api/v1/users/me/events"
NEW = "a new passphrase"


def kinds(client: Client, path: str = EVENTS) -> list[tuple[str, int | None]]:
    """Returns what happened and by whom, oldest first."""
    answer = client.get(path)
    assert answer.status == 200, answer.body
    return [(row["kind"], row["by"]) for row in reversed(answer.json())]


def test_sign_in_and_sign_out(anyone: Client, alice: Person) -> None:
    sign_in(anyone, password="wrong password")
    pair = sign_in(anyone).json()
    logout(anyone, pair["refresh_token"])
    logout(anyone, pair["refresh_token"])
    assert kinds(alice.client) == [("sign_in_failed", None), ("signed_in", 1), ("session_ended", 1)]


def test_a_right_password_that_signs_nobody_in(anyone: Client, alice: Person, admin: Client) -> None:
    path = f"/api/v1/users/{alice.id}"
    admin.put(path, json={"is_active": False})
    assert sign_in(anyone).error == "user_inactive"
    assert kinds(admin, f"{path}/events")[1:] == [("sign_in_failed", None)]


def test_sessions_that_the_user_ends(anyone: Client, alice: Person) -> None:
    pairs = [sign_in(anyone).json() for _ in range(3)]
    caller = bearer(pairs[0])
    claims = bearer(pairs[1]).claims or {}
    caller.delete(f"/api/v1/users/me/sessions/{claims['sid']}")
    for _ in range(2):
        caller.delete("/api/v1/users/me/sessions")  # the second has nothing to end
    assert kinds(alice.client)[3:] == [("session_ended", 1)] * 2


def test_a_token_that_is_reused(anyone: Client, alice: Person, db: sa.Connection) -> None:
    token = sign_in(anyone).json()["refresh_token"]
    refresh(anyone, token)
    later(db, "11 seconds")
    for _ in range(2):
        refresh(anyone, token)
    assert kinds(alice.client)[1:] == [("token_reused", None)]


def test_a_new_password(alice: Person) -> None:
    for current, status in (("wrong password", 401), (PASSWORD, 204)):
        change = {"current_password": current, "new_password": NEW}
        assert alice.client.put("/api/v1/users/me/password", json=change).status == status
    assert kinds(alice.client) == [("password_changed", 1)]


def test_what_mailed_links_do(anyone: Client, alice: Person, db: sa.Connection) -> None:
    follow_link(anyone, "email/verify", mailed(Purpose.VERIFICATION, alice.id, alice.email))
    move(db, alice, "new@example.com")
    follow_link(anyone, "email/undo", mailed(Purpose.UNDO, alice.id, alice.email))
    token = mailed(Purpose.RECOVERY, alice.id, alice.email)
    follow_link(anyone, "password/reset", token, new_password=NEW)
    seen = ["email_verified", "email_changed", "email_restored", "password_reset"]
    assert kinds(alice.client) == [(kind, 1) for kind in seen]


def test_an_address_that_takes_effect_at_once(alice: Person, set_env: SetEnv) -> None:
    set_env(MAIL_FROM="")
    for email in (alice.email, "new@example.com"):
        change = {"email": email, "current_password": PASSWORD}
        assert alice.client.put("/api/v1/users/me", json=change).status == 200
    assert kinds(alice.client) == [("email_changed", 1)]


def test_an_invitation(admin: Client) -> None:
    body = {"username": "bob", "email": "bob@example.com"}
    path = admin.post("/api/v1/users", json=body).headers["location"]
    assert kinds(admin, f"{path}/events") == [("invited", 1)]


def test_what_an_admin_changes_and_nothing_that_stays(alice: Person, admin: Client, anyone: Client) -> None:
    path = f"/api/v1/users/{alice.id}"
    changes: list[dict[str, Any]] = [
        {"role": "user", "is_active": True},
        {"role": "admin", "is_active": False},
        {"is_active": False},
        {"is_active": True},
    ]
    for body in changes:
        assert admin.put(path, json=body).status == 200
    seen = [("deactivated", 2), ("role_changed", 2), ("activated", 2)]
    assert kinds(admin, f"{path}/events") == kinds(alice.client) == seen


def test_a_user_whom_an_operator_makes_an_admin(alice: Person, owner: sa.Engine) -> None:
    with Session(owner) as db:
        assert grant_admin(db, "alice")
        db.commit()
    assert kinds(alice.client) == [("role_changed", None)]


def test_each_names_its_request_and_shows_no_address(anyone: Client, alice: Person) -> None:
    request_id = sign_in(anyone).headers["x-request-id"]
    [row] = alice.client.get(EVENTS).json()
    assert set(row) == {"id", "kind", "at", "by", "request_id"}
    assert row["request_id"] == request_id


def test_a_failed_commit_records_nothing(anyone: Client, alice: Person, db: sa.Connection) -> None:
    db.execute(sa.text("ALTER TABLE refresh_tokens RENAME COLUMN generation TO hidden"))
    db.commit()
    status = sign_in(anyone).status
    db.execute(sa.text("ALTER TABLE refresh_tokens RENAME COLUMN hidden TO generation"))
    db.commit()
    assert (status, kinds(alice.client)) == (500, [])


def test_only_admins_see_another_users(alice: Person, new_user: NewUser) -> None:
    assert new_user("mallory").get(f"/api/v1/users/{alice.id}/events").error == "forbidden"


@pytest.mark.usefixtures("store")
def test_a_failed_sign_in_is_one_insert_the_same_for_known_and_unknown_names(
    anyone: Client, alice: Person, db: sa.Connection, statements: list[tuple[str, Any]]
) -> None:
    sent = []
    for username in ("alice", "nobody"):
        assert sign_in(anyone, username, "wrong password").status == 401
        sent.append([statement for statement, _ in statements])
        statements.clear()
    assert sent[0] == sent[1]
    assert ["INSERT INTO account_events" in statement for statement in sent[0]].count(True) == 1
    rows = db.execute(sa.text("SELECT kind, user_id, actor_id FROM account_events ORDER BY id")).all()
    assert rows == [("sign_in_failed", alice.id, None), ("sign_in_failed", None, None)]


class TestAddresses:
    def digests(self, db: sa.Connection) -> list[bytes]:
        return list(db.scalars(sa.text("SELECT address FROM account_events ORDER BY id")))

    def sign_in_from(self, anyone: Client, address: str) -> None:
        body = {"username": "alice", "password": PASSWORD}
        assert anyone.post("/api/v1/auth/login", json=body, address=address).status == 200

    def test_are_digests_that_tell_them_apart(self, anyone: Client, alice: Person, db: sa.Connection) -> None:
        for address in ("192.0.2.7", "192.0.2.8", "192.0.2.7"):
            self.sign_in_from(anyone, address)
        first, second, third = self.digests(db)
        assert first == third != second
        assert b"192" not in first and len(first) == 32

    def test_depend_on_the_key_of_the_migration(
        self, anyone: Client, alice: Person, db: sa.Connection
    ) -> None:
        self.sign_in_from(anyone, "192.0.2.7")
        [key] = db.scalars(sa.text("SELECT key FROM address_keys"))
        assert len(key) == 32
        db.execute(sa.text("UPDATE address_keys SET key = 'another'"))
        db.commit()
        self.sign_in_from(anyone, "192.0.2.7")
        db.execute(sa.text("UPDATE address_keys SET key = :key"), {"key": key})
        db.commit()
        first, second = self.digests(db)
        assert first != second
