"""Whatever Redis does, the API answers as without it, and takes it up again by itself."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from shared.redis import client as connections
from shared.redis import redis_cache
from shared.redis.cache import cache, status
from shared.runtime import backoff

import pytest
import sqlalchemy as sa

from tests.conftest import NewUser
from tests.support.client import Answer, Client
from tests.support.metrics import alarms_rung
from tests.support.redis_server import Server, SetEnv, running

DOWN, UP = "Redis fails, the API goes on without it", "Redis answers again"


@pytest.fixture
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One of the test's own, to be broken."""
    with running(tmp_path_factory.mktemp("redis")) as running_server:
        yield running_server


@dataclass
class Failure:
    server: Server

    def begin(self) -> None:
        raise NotImplementedError

    def end(self) -> None:
        raise NotImplementedError


class Refused(Failure):
    def begin(self) -> None:
        self.server.stop()

    def end(self) -> None:
        self.server.start()


class Frozen(Failure):
    def begin(self) -> None:
        self.server.freeze()

    def end(self) -> None:
        self.server.thaw()


class Full(Failure):
    def begin(self) -> None:
        self.server.do("FLUSHALL")
        self.server.do("CONFIG", "SET", "maxmemory", "1")

    def end(self) -> None:
        self.server.do("CONFIG", "SET", "maxmemory", "0")


class FailingOver(Failure):
    """The kept connection leads to a primary that has become a replica: READONLY."""

    def begin(self) -> None:
        self.server.do("REPLICAOF", "127.0.0.1", "1")

    def end(self) -> None:
        self.server.do("REPLICAOF", "NO", "ONE")


class Forbidding(Failure):
    def begin(self) -> None:
        self.server.do("ACL", "SETUSER", "default", "-@scripting")

    def end(self) -> None:
        self.server.do("ACL", "SETUSER", "default", "+@scripting")


FAILURES = [Refused, Frozen, Full, FailingOver, Forbidding]


@pytest.fixture
def caller(server: Server, new_user: NewUser, set_env: SetEnv, monkeypatch: pytest.MonkeyPatch) -> Client:
    monkeypatch.setattr(backoff, "FIRST_PAUSE", 0.01)
    monkeypatch.setattr(backoff, "LONGEST_PAUSE", 0.01)
    set_env(REDIS_URL=server.url, RATE_LIMIT="100")
    return new_user("alice")


def left(answer: Answer) -> int:
    return int(answer.headers["ratelimit"].split("r=")[1].split(";")[0])


@pytest.mark.parametrize("failure", FAILURES)
def test_nobody_notices_and_it_comes_back(
    caller: Client,
    server: Server,
    logs: list[dict[str, Any]],
    capsys: pytest.CaptureFixture[str],
    failure: type[Failure],
) -> None:
    path = "/api/v1/users/1"
    assert [left(caller.get(path)) for _ in range(2)] == [99, 98]
    outage = failure(server)
    outage.begin()
    try:
        capsys.readouterr()
        answers = [caller.get(path) for _ in range(5)]
        assert [each.status for each in answers] == [200] * 5
        assert [left(each) for each in answers] == [97, 96, 95, 94, 93]  # of this environment's memory
        assert caller.put("/api/v1/users/me", json={"name": "Alice"}).status == 200
        assert caller.get(path).json()["name"] == "Alice"
        assert status() == "down"
        told = [each for each in logs if each["message"] == DOWN]
        assert [each["level"] for each in told] == ["WARNING"]
        assert alarms_rung(capsys.readouterr().out, "local") == ["CacheFallback"]
    finally:
        outage.end()
    while left(caller.get("/api/v1/labels")) != 99 or [each["message"] for each in logs].count(UP) == 0:
        assert len(logs) < 1000
    assert status() == "ok"
    assert caller.get(path).json()["name"] == "Alice"


def test_an_outage_leaves_a_bounded_number_of_deletes(
    caller: Client, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redis_cache, "MAX_PENDING_DELETES", 10)
    caller.get("/api/v1/users/1")
    server.stop()
    store = cache()
    store.delete(*(f"many:{number}" for number in range(7)))
    store.delete(*(f"more:{number}" for number in range(7)))
    server.start()
    for kind in ("many", "more"):
        for number in range(7):
            server.do("SET", f"{kind}:{number}", "x")
    while server.do("EXISTS", "many:0"):
        caller.get("/api/v1/users/1")
    assert len(server.do("KEYS", "m*:*")) == 4


@pytest.mark.parametrize("failure", FAILURES)
def test_after_the_first_call_nobody_waits(
    caller: Client, server: Server, monkeypatch: pytest.MonkeyPatch, failure: type[Failure]
) -> None:
    """While it pauses, what failed is not even tried."""
    monkeypatch.setattr(backoff, "FIRST_PAUSE", 3600)
    monkeypatch.setattr(backoff, "LONGEST_PAUSE", 3600)
    tried: list[int] = []
    real = connections.Redis._exchange
    monkeypatch.setattr(
        connections.Redis, "_exchange", lambda *given: tried.append(1) or real(*given), raising=True
    )
    caller.get("/api/v1/users/me")
    outage = failure(server)
    outage.begin()
    try:
        tried.clear()
        assert [caller.get("/api/v1/users/me").status for _ in range(20)] == [200] * 20
        assert len(tried) == 1
    finally:
        outage.end()


def test_a_server_that_is_too_old_is_reported_as_such(with_redis: Server, logs: list[dict[str, Any]]) -> None:
    """Redis 6.2.14 answers `#!lua` with the very words in which 7.0 refuses `##lua`."""
    assert connections.Redis(with_redis.url).execute(("EVAL", "##lua\nreturn 1", 0)) is None
    [warning] = [each for each in logs if each["message"] == DOWN]
    assert warning["error"].endswith("; the API needs Redis 7.0 or newer, or Valkey")


def test_what_is_flushed_is_read_anew(caller: Client, server: Server, logs: list[dict[str, Any]]) -> None:
    for expected in (99, 98):
        assert left(caller.get("/api/v1/users/1")) == expected
    server.do("FLUSHALL")
    server.do("SCRIPT", "FLUSH")
    assert left(caller.get("/api/v1/users/1")) == 99
    assert DOWN not in [each["message"] for each in logs]


def test_a_connection_that_the_server_closed_is_made_anew(
    caller: Client, server: Server, logs: list[dict[str, Any]]
) -> None:
    assert left(caller.get("/api/v1/users/1")) == 99
    server.do("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
    assert left(caller.get("/api/v1/users/1")) == 98
    assert DOWN not in [each["message"] for each in logs]


@pytest.mark.parametrize("name", ["REDIS_URL", "RATE_LIMIT"])
def test_a_setting_that_is_wrong_is_logged_by_its_name(
    db: sa.Connection, set_env: SetEnv, logs: list[dict[str, Any]], name: str
) -> None:
    set_env(**{"RATE_LIMIT": "100", name: "garbage"})
    assert Client().get("/api/v1/labels").status == 500
    assert f"{name} is not valid" in logs[0]["exception"]
