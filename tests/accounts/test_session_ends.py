"""Access tokens end with their session: at once in this environment and with Redis, else within 30 s."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

from shared.identity.callers import MAX_STALENESS, find_caller
from shared.identity.keys import FILE

import pytest
import sqlalchemy as sa

from infra.local.postgres import Cluster
from tests.accounts.conftest import PASSWORD, Person, bearer, logout, refresh, sign_in
from tests.accounts.environments import Environment
from tests.accounts.test_refresh import later
from tests.conftest import NewUser
from tests.support.client import Answer, Client
from tests.support.redis_server import Server

NEW = "a new passphrase"

type Pair = dict[str, str]


def me(client: Client) -> Answer:
    return client.get("/api/v1/users/me")


@pytest.fixture
def pair(anyone: Client, alice: Person) -> Pair:
    return sign_in(anyone).json()


@pytest.fixture
def other(anyone: Client, pair: Pair) -> Client:
    """The same user's other session."""
    return bearer(sign_in(anyone).json())


def log_out(anyone: Client, pair: Pair, db: sa.Connection) -> None:
    assert logout(anyone, pair["refresh_token"]).status == 204


def reuse(anyone: Client, pair: Pair, db: sa.Connection) -> None:
    refresh(anyone, pair["refresh_token"])
    later(db, "11 seconds")
    assert refresh(anyone, pair["refresh_token"]).status == 401


@pytest.mark.usefixtures("store")
class TestOneSession:
    @pytest.mark.parametrize("end", [log_out, reuse])
    def test_ends_with_its_access_tokens_and_no_other(
        self, anyone: Client, pair: Pair, other: Client, db: sa.Connection, end: Callable[..., None]
    ) -> None:
        caller = bearer(pair)
        assert (me(caller).status, me(other).status) == (200, 200)
        end(anyone, pair, db)
        answer = me(caller)
        assert (answer.status, answer.error) == (401, "unauthorized")
        assert answer.headers["www-authenticate"].startswith('Bearer error="invalid_token"')
        assert me(other).status == 200

    def test_lives_on_in_the_tokens_of_its_refresh(self, anyone: Client, pair: Pair) -> None:
        first, second = bearer(pair), bearer(refresh(anyone, pair["refresh_token"]).json())
        assert first.claims is not None and second.claims is not None
        assert first.claims["sid"] == second.claims["sid"]
        assert (me(first).status, me(second).status) == (200, 200)

    def test_that_expires_ends_its_access_tokens(self, anyone: Client, pair: Pair, db: sa.Connection) -> None:
        later(db, "30 days 1 second")
        assert me(bearer(pair)).status == 401

    def test_is_its_users_alone(self, anyone: Client, pair: Pair, new_user: NewUser) -> None:
        mallory = new_user("mallory")
        claims = bearer(pair).claims
        assert claims is not None and mallory.claims is not None
        assert me(Client(claims | {"sub": mallory.claims["sub"]})).status == 401


@pytest.mark.usefixtures("store")
class TestAllSessions:
    def test_end_with_the_password_the_callers_own_too(
        self, anyone: Client, pair: Pair, other: Client
    ) -> None:
        caller = bearer(pair)
        assert (me(caller).status, me(other).status) == (200, 200)
        change = {"current_password": PASSWORD, "new_password": NEW}
        assert caller.put("/api/v1/users/me/password", json=change).status == 204
        assert (me(caller).status, me(other).status) == (401, 401)
        assert me(bearer(sign_in(anyone, password=NEW).json())).status == 200

    def test_end_for_good_with_a_deactivation(
        self, alice: Person, pair: Pair, other: Client, admin: Client
    ) -> None:
        for is_active, error in ((False, "user_inactive"), (True, "unauthorized")):
            assert admin.put(f"/api/v1/users/{alice.id}", json={"is_active": is_active}).status == 200
            assert me(other).error == error

    def test_see_a_change_of_role_at_once(
        self, alice: Person, pair: Pair, other: Client, admin: Client
    ) -> None:
        callers = [bearer(pair), other, alice.client]
        for role, status in (("admin", 200), ("user", 403)):
            assert admin.put(f"/api/v1/users/{alice.id}", json={"role": role}).status == 200
            assert [each.get("/api/v1/users").status for each in callers] == [status] * 3


@pytest.fixture
def elsewhere(cluster: Cluster, key_file: Path) -> Iterator[Callable[..., Environment]]:
    running: list[Environment] = []

    def start(**variables: str) -> Environment:
        running.append(Environment({"SIGNING_KEY": f"{FILE}{key_file}", **variables}))
        return running[-1]

    yield start
    for each in running:
        each.stop()


def test_with_redis_every_environment_refuses_the_token_at_once(
    anyone: Client, pair: Pair, elsewhere: Callable[..., Environment], with_redis: Server
) -> None:
    there = elsewhere(REDIS_URL=with_redis.url).serve(bearer(pair))
    assert me(there).status == 200
    assert with_redis.do("KEYS", "callers:*")
    logout(anyone, pair["refresh_token"])
    assert me(there).status == 401


def test_without_redis_another_environment_accepts_it_30_s_at_most(
    anyone: Client, pair: Pair, elsewhere: Callable[..., Environment], monkeypatch: pytest.MonkeyPatch
) -> None:
    caller = bearer(pair)
    assert me(caller).status == 200
    logout(elsewhere().serve(anyone), pair["refresh_token"])
    assert me(caller).status == 200  # as this environment has kept it
    assert find_caller.ttl == MAX_STALENESS == 30
    later = time.monotonic() + MAX_STALENESS
    with monkeypatch.context() as clock:
        clock.setattr(time, "monotonic", lambda: later)
        assert me(caller).status == 401


def test_a_token_without_sid_is_accepted_for_one_release(alice: Person) -> None:
    assert me(alice.client).status == 200
