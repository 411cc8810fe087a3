"""Limits over several execution environments that serve at the same time."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from queue import SimpleQueue

import pytest
import sqlalchemy as sa

from tests.accounts.environments import Environment
from tests.conftest import NewUser
from tests.support.client import UNLIMITED, Client
from tests.support.redis_server import Server, running

CALLS, CLIENTS, LIMIT = 1000, 20, 100
PATH = "/api/v1/labels/1"


@pytest.fixture(scope="module")
def environments(key_file: Path) -> Iterator[list[Environment]]:
    made = [Environment({"SIGNING_KEY": f"file:{key_file}"}) for _ in range(3)]
    yield made
    for each in made:
        each.stop()


@pytest.fixture
def three(environments: list[Environment], db: sa.Connection) -> Iterator[list[Environment]]:
    yield environments
    for each in environments:
        each.use(REDIS_URL="", **UNLIMITED)


def call_all(environments: list[Environment], kill: Server | None = None) -> Counter[int]:
    """By status, what 20 clients got for 1,000 calls; `kill` dies when half of them are under way."""
    idle: SimpleQueue[Environment] = SimpleQueue()
    for each in environments:
        idle.put(each)

    def call(number: int) -> int:
        if kill is not None and number == CALLS // 2:
            kill.stop()
        environment = idle.get()
        try:
            return environment.serve(Client()).get(PATH).status
        finally:
            idle.put(environment)

    with ThreadPoolExecutor(CLIENTS) as clients:
        return Counter(clients.map(call, range(CALLS)))


def test_a_limit_is_one_over_all_of_them(three: list[Environment], with_redis: Server) -> None:
    for each in three:
        each.use(REDIS_URL=with_redis.url, RATE_LIMIT=str(LIMIT))
    assert call_all(three) == {404: LIMIT, 429: CALLS - LIMIT}


def test_when_redis_dies_each_goes_on_by_itself(three: list[Environment], tmp_path: Path) -> None:
    with suppress(ProcessLookupError), running(tmp_path) as server:
        for each in three:
            each.use(REDIS_URL=server.url, RATE_LIMIT=str(LIMIT))
        answers = call_all(three, kill=server)
    assert set(answers) == {404, 429}
    assert LIMIT < answers[404] <= LIMIT * len(three)


class TestWrites:
    """With Redis, what one environment writes is what the next read shows, in each."""

    @pytest.fixture
    def sharing(self, three: list[Environment], with_redis: Server) -> list[Environment]:
        for each in three:
            each.use(REDIS_URL=with_redis.url)
        return three

    def test_a_profile(self, sharing: list[Environment], new_user: NewUser) -> None:
        alice, bob = new_user("alice"), new_user("bob")
        write, *readers = sharing

        def shown() -> list[tuple[str | None, int]]:
            bodies = [each.serve(Client()).get("/api/v1/users/1").json() for each in readers]
            return [(body["name"], body["followers_count"]) for body in bodies]

        assert shown() == [(None, 0)] * 2
        assert write.serve(alice).put("/api/v1/users/me", json={"name": "Alice"}).status == 200
        assert shown() == [("Alice", 0)] * 2
        assert write.serve(bob).put("/api/v1/users/1/follow").status == 204
        assert shown() == [("Alice", 1)] * 2
        assert write.serve(bob).delete("/api/v1/users/1/follow").status == 204
        assert shown() == [("Alice", 0)] * 2

    def test_a_role_and_a_deactivation(self, sharing: list[Environment], new_user: NewUser) -> None:
        admin, alice = new_user("admin", role="admin"), new_user("alice")
        write, *readers = sharing

        def statuses(path: str) -> list[int]:
            return [each.serve(alice).get(path).status for each in readers]

        assert statuses("/api/v1/users") == [403, 403]
        assert write.serve(admin).put("/api/v1/users/2", json={"role": "admin"}).status == 200
        assert statuses("/api/v1/users") == [200, 200]
        assert write.serve(admin).put("/api/v1/users/2", json={"is_active": False}).status == 200
        assert statuses("/api/v1/users/me") == [403, 403]


@pytest.mark.parametrize("with_or_without", ["with Redis", "without"])
def test_a_wrong_sign_in_over_half_of_the_limit_is_one_too_many(
    three: list[Environment], with_redis: Server, with_or_without: str
) -> None:
    url = with_redis.url if with_or_without == "with Redis" else ""
    for each in three:
        each.use(REDIS_URL=url, SIGN_IN_RATE_LIMIT="10")
    wrong = {"username": "alice", "password": "wrong password"}
    statuses = [
        three[number % 3].serve(Client()).post("/api/v1/auth/login", json=wrong).status for number in range(6)
    ]
    assert statuses == [401] * 5 + [429]  # each of an account's two names has half
