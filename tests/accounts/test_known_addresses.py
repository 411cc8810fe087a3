"""The addresses that an account knows: which, how many, until when, and when two calls race."""

from collections.abc import Iterator
from pathlib import Path

from shared.identity.keys import FILE

import pytest
import sqlalchemy as sa

from accounts import known_addresses
from infra.local.postgres import Cluster
from tests.accounts.conftest import PASSWORD, Person, refresh
from tests.accounts.environments import Environment, overlap
from tests.conftest import NewUser
from tests.support.client import Answer, Client
from tests.support.redis_server import SetEnv

LIMIT = "1000"
ADDRESS = "198.51.100.{}"
COUNT = sa.text("SELECT count(*) FROM sign_in_addresses")
NEW = "a new passphrase"


@pytest.fixture(autouse=True)
def _limited(alice: Person, set_env: SetEnv) -> None:
    set_env(SIGN_IN_RATE_LIMIT=LIMIT, REDIS_URL="")


def sign_in(number: int, client: Client | None = None, password: str = PASSWORD) -> Answer:
    body = {"username": "alice", "password": password}
    return (client or Client()).post("/api/v1/auth/login", json=body, address=ADDRESS.format(number))


def expiries(db: sa.Connection) -> list[object]:
    db.rollback()
    return list(db.scalars(sa.text("SELECT expires_at FROM sign_in_addresses ORDER BY expires_at")))


def test_the_latest_16_are_known(db: sa.Connection) -> None:
    for number in range(18):
        assert sign_in(number).status == 200
    assert sign_in(5).status == 200
    known = expiries(db)
    assert len(known) == 16
    assert sign_in(5).status == 200
    assert known[0] in expiries(db)  # it was there, so nobody had to go


def test_a_refresh_renews_one_that_is_known_and_adds_none(db: sa.Connection) -> None:
    token = sign_in(1).json()["refresh_token"]
    before = expiries(db)
    body = {"refresh_token": token}
    answer = Client().post("/api/v1/auth/refresh", json=body, address=ADDRESS.format(1))
    [renewed] = expiries(db)
    assert [renewed] > before
    assert refresh(Client(), answer.json()["refresh_token"]).status == 200
    assert expiries(db) == [renewed]


def test_a_refresh_revives_none_that_has_expired(db: sa.Connection) -> None:
    token = sign_in(1).json()["refresh_token"]
    db.execute(sa.text("UPDATE sign_in_addresses SET expires_at = now() - interval '1 s'"))
    db.commit()
    expired = expiries(db)
    body = {"refresh_token": token}
    assert Client().post("/api/v1/auth/refresh", json=body, address=ADDRESS.format(1)).status == 200
    assert expiries(db) == expired


def test_a_deactivation_forgets_all(db: sa.Connection, alice: Person, new_user: NewUser) -> None:
    sign_in(1), sign_in(2)
    admin = new_user("root", role="admin")
    assert admin.put(f"/api/v1/users/{alice.id}", json={"is_active": False}).status == 200
    assert expiries(db) == []


@pytest.fixture(scope="module")
def environments(cluster: Cluster, key_file: Path) -> Iterator[list[Environment]]:
    variables = {"SIGNING_KEY": f"{FILE}{key_file}", "REDIS_URL": "", "SIGN_IN_RATE_LIMIT": LIMIT}
    running = [Environment(variables) for _ in range(2)]
    for each in running:
        sign_in(1, each.serve(Client()))  # has it import and connect
        each.serve(Client()).put("/api/v1/users/me/password", json={})
    yield running
    for each in running:
        each.stop()


class TestRaces:
    def test_two_new_addresses_at_once_make_no_17th(
        self, db: sa.Connection, environments: list[Environment]
    ) -> None:
        here, there = (each.serve(Client()) for each in environments)
        for number in range(known_addresses.MAX_PER_USER):
            assert sign_in(number).status == 200
        answers = overlap(db, "SELECT FROM users", lambda: sign_in(100, here), lambda: sign_in(101, there))
        assert [each.status for each in answers] == [200, 200]
        assert len(expiries(db)) == known_addresses.MAX_PER_USER

    @pytest.mark.parametrize("changed_first", [True, False])
    def test_a_password_change_forgets_the_address_of_a_sign_in_under_way(
        self, db: sa.Connection, alice: Person, environments: list[Environment], changed_first: bool
    ) -> None:
        here, there = (each.serve(Client()) for each in environments)
        body = {"current_password": PASSWORD, "new_password": NEW}

        def change() -> Answer:
            path = "/api/v1/users/me/password"
            return here.as_user(alice.id).put(path, json=body, address=ADDRESS.format(1))

        def login() -> Answer:
            return sign_in(2, there)

        answers = overlap(db, "SELECT FROM users", *([change, login] if changed_first else [login, change]))
        assert [each.status for each in answers] == ([204, 401] if changed_first else [200, 204])
        assert len(expiries(db)) == 1

    def test_an_address_has_one_extra_try_though_two_meet(
        self, db: sa.Connection, environments: list[Environment]
    ) -> None:
        """Both have counted the address, and meet at the window of the name, which is full."""
        for each in environments:
            each.use(SIGN_IN_RATE_LIMIT="2")
        here, there = (each.serve(Client()) for each in environments)
        assert sign_in(1, here, "wrong").status == 401
        latest = "SELECT key FROM sign_in_windows ORDER BY expires_at DESC LIMIT 1"
        lock = f"SELECT FROM sign_in_windows WHERE key = ({latest})"
        answers = overlap(db, lock, lambda: sign_in(2, here, "wrong"), lambda: sign_in(2, there, "wrong"))
        for each in environments:
            each.use(SIGN_IN_RATE_LIMIT=LIMIT)
        assert sorted(each.status for each in answers) == [401, 429]

    def test_the_row_is_free_while_passwords_are_hashed(
        self, db: sa.Connection, alice: Person, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from accounts import passwords

        real, locked = passwords.hash_password, []

        def hash_password(password: str) -> str:
            db.execute(sa.text("SELECT FROM users FOR UPDATE NOWAIT"))
            db.rollback()
            locked.append(False)
            return real(password)

        monkeypatch.setattr(passwords, "hash_password", hash_password)
        body = {"current_password": PASSWORD, "new_password": NEW}
        assert alice.client.put("/api/v1/users/me/password", json=body).status == 204
        assert locked == [False]
