"""Sign-ins, refreshes, and what ends sessions, at the same time: in both orders, many times."""

from collections.abc import Callable, Iterator
from pathlib import Path

from shared.identity.mail_tokens import Purpose

import bcrypt
import pytest
import sqlalchemy as sa

from infra.local.postgres import Cluster
from tests.accounts.conftest import PASSWORD, Person, logout, mailed, refresh, sign_in
from tests.accounts.environments import Environment, overlap, two_environments
from tests.support.client import Answer, Client

ROUNDS = 5
NEW = "a new passphrase"
IMPORTED = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()
USER = "SELECT FROM users WHERE username = 'alice'"
FAMILY = "SELECT FROM refresh_families"

type Call = Callable[[], Answer]


def warm_up(client: Client) -> None:
    sign_in(client), refresh(client, "unknown")
    client.put("/api/v1/users/me/password", json={}), client.put("/api/v1/users/1", json={})


@pytest.fixture(scope="module")
def environments(cluster: Cluster, key_file: Path) -> Iterator[list[Environment]]:
    with two_environments(cluster, key_file, warm_up) as running:
        yield running


def reset(db: sa.Connection, password_hash: str) -> None:
    """Alice as she was before, without sessions."""
    db.execute(sa.text("DELETE FROM refresh_families"))
    db.execute(
        sa.text("UPDATE users SET password_hash = :hash, is_active = true WHERE username = 'alice'"),
        {"hash": password_hash},
    )
    db.commit()


def live_families(db: sa.Connection) -> int | None:
    return db.scalar(sa.text("SELECT count(*) FROM refresh_families WHERE revoked_at IS NULL"))


@pytest.mark.parametrize("changed_first", [True, False], ids=["changed first", "signed in first"])
@pytest.mark.parametrize("imported", [True, False], ids=["imported", "argon2"])
def test_a_password_change_stands_and_leaves_no_session_of_the_old_one(
    here: Client, there: Client, alice: Person, db: sa.Connection, changed_first: bool, imported: bool
) -> None:
    own_hash = db.scalar(sa.text("SELECT password_hash FROM users"))
    alice_here = here.as_user(alice.id)
    body = {"current_password": PASSWORD, "new_password": NEW}

    def change() -> Answer:
        return alice_here.put("/api/v1/users/me/password", json=body)

    def login() -> Answer:
        return sign_in(there)

    calls: list[Call] = [change, login] if changed_first else [login, change]
    for _ in range(ROUNDS):
        reset(db, IMPORTED if imported else own_hash)
        answers = overlap(db, USER, *calls)
        assert [answer.status for answer in answers] == ([204, 401] if changed_first else [200, 204])
        assert live_families(db) == 0
        assert sign_in(here).status == 401
        assert sign_in(here, password=NEW).status == 200


def test_overlapping_first_sign_ins_of_an_imported_user_both_succeed(
    here: Client, there: Client, alice: Person, db: sa.Connection
) -> None:
    for _ in range(ROUNDS):
        reset(db, IMPORTED)
        answers = overlap(db, USER, lambda: sign_in(here), lambda: sign_in(there))
        assert [answer.status for answer in answers] == [200, 200]
        assert live_families(db) == 2
        assert db.scalar(sa.text("SELECT password_hash FROM users")).startswith("$argon2id$")


@pytest.mark.parametrize("deactivated_first", [True, False], ids=["deactivated first", "signed in first"])
def test_a_deactivation_leaves_no_session_of_a_sign_in_under_way(
    here: Client, there: Client, admin: Client, alice: Person, db: sa.Connection,
    environments: list[Environment], deactivated_first: bool,
) -> None:  # fmt: skip
    own_hash = db.scalar(sa.text("SELECT password_hash FROM users WHERE username = 'alice'"))
    admin = environments[0].serve(admin)

    def deactivate() -> Answer:
        return admin.put(f"/api/v1/users/{alice.id}", json={"is_active": False})

    def login() -> Answer:
        return sign_in(there)

    calls: list[Call] = [deactivate, login] if deactivated_first else [login, deactivate]
    for _ in range(ROUNDS):
        reset(db, own_hash)
        answers = overlap(db, USER, *calls)
        assert [answer.status for answer in answers] == ([200, 403] if deactivated_first else [200, 200])
        assert live_families(db) == 0


@pytest.mark.parametrize("deactivated_first", [True, False], ids=["deactivated first", "refreshed first"])
def test_a_deactivation_ends_a_session_that_is_being_refreshed(
    here: Client, there: Client, admin: Client, alice: Person, db: sa.Connection,
    environments: list[Environment], deactivated_first: bool,
) -> None:  # fmt: skip
    own_hash = db.scalar(sa.text("SELECT password_hash FROM users WHERE username = 'alice'"))
    admin = environments[0].serve(admin)

    def deactivate() -> Answer:
        return admin.put(f"/api/v1/users/{alice.id}", json={"is_active": False})

    for _ in range(ROUNDS):
        reset(db, own_hash)
        token = sign_in(here).json()["refresh_token"]

        def rotate(token: str = token) -> Answer:
            return refresh(there, token)

        calls: list[Call] = [deactivate, rotate] if deactivated_first else [rotate, deactivate]
        answers = overlap(db, FAMILY, *calls)
        assert [answer.status for answer in answers] == ([200, 401] if deactivated_first else [200, 200])
        assert live_families(db) == 0


def test_racing_refreshes_give_tokens_of_one_generation(
    here: Client, there: Client, alice: Person, db: sa.Connection
) -> None:
    token = sign_in(here).json()["refresh_token"]
    for number in range(ROUNDS):
        calls = [lambda client=client, token=token: refresh(client, token) for client in (here, there)]
        pairs = overlap(db, FAMILY, *calls)
        assert [pair.status for pair in pairs] == [200, 200]
        token = pairs[number % 2].json()["refresh_token"]
    assert live_families(db) == 1
    unspent = "SELECT count(*) FROM refresh_tokens WHERE spent_at IS NULL AND generation = :last"
    assert db.scalar(sa.text(unspent), {"last": ROUNDS}) == 2


@pytest.mark.parametrize("logged_out_first", [True, False], ids=["logged out first", "refreshed first"])
def test_a_logout_ends_a_session_that_is_being_refreshed(
    here: Client, there: Client, alice: Person, db: sa.Connection, logged_out_first: bool
) -> None:
    for _ in range(ROUNDS):
        token = sign_in(here).json()["refresh_token"]

        def end(token: str = token) -> Answer:
            return logout(here, token)

        def rotate(token: str = token) -> Answer:
            return refresh(there, token)

        calls: list[Call] = [end, rotate] if logged_out_first else [rotate, end]
        answers = overlap(db, FAMILY, *calls)
        assert [answer.status for answer in answers] == ([204, 401] if logged_out_first else [200, 204])
        assert live_families(db) == 0


@pytest.mark.parametrize("changed_first", [True, False], ids=["changed first", "refreshed first"])
@pytest.mark.parametrize("how", ["changed", "reset"])
def test_a_new_password_ends_a_session_that_is_being_refreshed(
    here: Client, there: Client, alice: Person, db: sa.Connection, changed_first: bool, how: str
) -> None:
    own_hash = db.scalar(sa.text("SELECT password_hash FROM users"))

    def change() -> Answer:
        if how == "reset":
            return here.post("/api/v1/auth/password/reset", json={"token": link, "new_password": NEW})
        body = {"current_password": PASSWORD, "new_password": NEW}
        return here.as_user(alice.id).put("/api/v1/users/me/password", json=body)

    for _ in range(ROUNDS):
        link = mailed(Purpose.RECOVERY, alice.id, alice.email)
        reset(db, own_hash)
        token = sign_in(here).json()["refresh_token"]

        def rotate(token: str = token) -> Answer:
            return refresh(there, token)

        calls: list[Call] = [change, rotate] if changed_first else [rotate, change]
        answers = overlap(db, FAMILY, *calls)
        assert [answer.status for answer in answers] == ([204, 401] if changed_first else [200, 204])
        assert live_families(db) == 0
