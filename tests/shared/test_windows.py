"""Sliding windows: what they admit. Each test in memory and in Redis."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from shared.database.engines import engine
from shared.database.postgres_windows import PostgresWindows
from shared.redis import sliding_windows
from shared.redis.cache import cache
from shared.redis.client import Redis, redis
from shared.redis.redis_cache import RedisCache
from shared.redis.sliding_windows import (
    WINDOW,
    MemoryWindows,
    RedisWindows,
    Verdict,
    Windows,
    count_call,
    memory_windows,
)

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from infra.local.postgres import Cluster, free_port
from tests.support.redis_server import Server, SetEnv, running

SHORT = 0.3  # seconds, a window's


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sliding_windows, "WINDOW", SHORT)


@pytest.mark.usefixtures("store")
class TestWindow:
    def test_admits_as_many_as_its_limit(self) -> None:
        verdicts = [count_call("key", 3) for _ in range(5)]
        assert [each.is_admitted for each in verdicts] == [True] * 3 + [False] * 2
        assert [each.remaining for each in verdicts] == [2, 1, 0, 0, 0]
        assert [each.reset for each in verdicts] == [60] * 5
        assert count_call("another", 3).remaining == 2

    def test_a_refused_call_is_not_counted(self) -> None:
        for _ in range(50):
            refused = count_call("key", 2)
        assert refused.counted == 2

    def test_a_lower_limit_counts_what_was_admitted(self) -> None:
        for _ in range(5):
            count_call("key", 5)
        assert count_call("key", 2)[:2] == (2, 5)
        assert count_call("key", 2).remaining == 0

    @pytest.mark.usefixtures("short")
    def test_slides(self) -> None:
        """Called all the time, it admits its limit in any stretch of its length, and nearly that often."""
        admitted: list[float] = []
        end = time.monotonic() + 4 * SHORT
        while (now := time.monotonic()) < end:
            if count_call("key", 5).is_admitted:
                admitted.append(now)
        assert len(admitted) >= 15
        # Noted before the call is counted: two so far apart may be a little nearer there.
        apart = [later - first for first, later in zip(admitted, admitted[5:], strict=False)]
        assert min(apart) > SHORT * 0.9

    @pytest.mark.usefixtures("short")
    def test_tells_when_the_oldest_call_leaves(self) -> None:
        first = count_call("key", 1)
        refused = count_call("key", 1)
        assert 0 < refused.frees_in <= first.frees_in == pytest.approx(SHORT)
        assert refused.reset == 1  # rounded up
        while not count_call("key", 1).is_admitted:
            pass


class TestEveryKind:
    """Memory, Redis and Postgres share one interface."""

    @pytest.fixture(params=["memory", "redis", "postgres"])
    def windows(self, request: pytest.FixtureRequest) -> Iterator[Windows]:
        if request.param == "memory":
            yield MemoryWindows(WINDOW)
        elif request.param == "redis":
            yield RedisWindows(Redis(request.getfixturevalue("with_redis").url), WINDOW)
        else:
            request.getfixturevalue("db")
            with Session(engine()) as session:
                yield PostgresWindows(session, WINDOW)

    @staticmethod
    def counted(windows: Windows, limit: int, times: int) -> list[bool]:
        verdicts = [windows.count("key", limit) for _ in range(times)]
        return [each is not None and each.is_admitted for each in verdicts]

    def test_admits_as_many_as_its_limit_and_counts_no_other(self, windows: Windows) -> None:
        assert self.counted(windows, 3, 5) == [True] * 3 + [False] * 2
        assert self.counted(windows, 4, 2) == [True, False]

    def test_a_call_can_be_taken_back(self, windows: Windows) -> None:
        verdicts = [windows.count("key", 3) for _ in range(3)]
        assert verdicts[1] is not None
        windows.take_back("key", verdicts[1].call)
        assert self.counted(windows, 3, 2) == [True, False]

    def test_a_call_that_was_taken_back_leaves_a_window_that_counts(self, windows: Windows) -> None:
        only = windows.count("key", 1)
        assert only is not None
        windows.take_back("key", only.call)
        windows.take_back("key", only.call)
        assert self.counted(windows, 1, 2) == [True, False]


def test_postgres_admits_many_at_once_up_to_the_limit(db: sa.Connection, cluster: Cluster) -> None:
    app = sa.create_engine(cluster.app_url, pool_size=8)
    start = threading.Barrier(8)

    def call(_: int) -> list[int]:
        with Session(app) as session:
            windows = PostgresWindows(session, WINDOW)
            start.wait()
            verdicts = [windows.count("key", 50) for _ in range(10)]
        return [each.counted for each in verdicts if each.is_admitted]

    with ThreadPoolExecutor(8) as pool:
        counted = [each for some in pool.map(call, range(8)) for each in some]
    app.dispose()
    assert sorted(counted) == list(range(1, 51))


class TestOutage:
    """Memory counts every call too, so this environment grants no second limit."""

    def test_that_begins_or_ends_within_a_window(self, with_redis: Server, set_env: SetEnv) -> None:
        assert count_call("key", 5).counted == 1
        with_redis.freeze()
        counted = [count_call("key", 5).is_admitted for _ in range(2)]
        with_redis.thaw()
        server = redis()
        assert server is not None
        server.backoff.note_answer()
        counted += [count_call("key", 5).is_admitted for _ in range(4)]
        assert counted == [True] * 4 + [False] * 2

    def test_what_memory_refuses_is_not_counted_in_redis(self, with_redis: Server) -> None:
        for _ in range(3):
            memory_windows().count("key", 3)
        assert not count_call("key", 3).is_admitted
        assert with_redis.do("ZCARD", "key") == 0


class TestRedis:
    def test_many_at_once_are_admitted_up_to_the_limit(self, with_redis: Server) -> None:
        admitted: list[Verdict] = []

        def call() -> None:
            windows = RedisWindows(Redis(with_redis.url), WINDOW)
            for _ in range(50):
                verdict = windows.count("key", 100)
                assert verdict is not None
                if verdict.is_admitted:
                    admitted.append(verdict)

        threads = [threading.Thread(target=call) for _ in range(8)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        assert sorted(each.counted for each in admitted) == list(range(1, 101))
        assert len({each.call for each in admitted}) == 100

    def test_a_window_leaves_by_itself_and_holds_no_more_than_its_limit(self, with_redis: Server) -> None:
        for _ in range(50):
            count_call("key", 7)
        assert with_redis.do("ZCARD", "key") == 7
        assert 0 < with_redis.do("PTTL", "key") <= 60_000

    def test_scripts_need_not_be_loaded(self, with_redis: Server) -> None:
        assert count_call("key", 2).remaining == 1
        with_redis.do("SCRIPT", "FLUSH")
        assert count_call("key", 2).remaining == 0

    def test_it_goes_by_the_servers_clock(self, with_redis: Server, monkeypatch: pytest.MonkeyPatch) -> None:
        assert count_call("key", 2).remaining == 1
        server = redis()
        assert server is not None
        monkeypatch.setattr(time, "time", lambda: 0.0)
        assert count_call("key", 2)[:2] == (2, 2)


@pytest.fixture(scope="module")
def one_node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A cluster of one node, as a serverless Valkey shows itself."""
    folder: Path = tmp_path_factory.mktemp("cluster")
    with running(folder, "--cluster-enabled", "yes", "--cluster-port", str(free_port())) as server:
        server.do("CLUSTER", "ADDSLOTSRANGE", 0, 16383)
        while b"cluster_state:ok" not in server.do("CLUSTER", "INFO"):
            time.sleep(0.01)
        yield server


class TestCluster:
    def test_windows_and_values_of_different_slots_go_in_one_turn(
        self, one_node: Server, set_env: SetEnv
    ) -> None:
        set_env(REDIS_URL=one_node.url)
        store = cache()
        assert isinstance(store, RedisCache)
        store.begin("one", "two", "three")
        assert count_call("calls:{192.0.2.1}:GET /api/v1/gadgets/{id}", 5).remaining == 4
        assert [cache().get(key) for key in ("one", "two", "three")] == [None] * 3
        cache().set("one", b"1", 60)
        cache().delete("two", "three")
        assert cache().get("one") == b"1"
        assert cache().is_shared  # it never failed

    def test_windows_of_one_route_are_spread(self, one_node: Server) -> None:
        keys = [f"calls:{{192.0.2.{number}}}:GET /api/v1/gadgets/{{id}}" for number in range(50)]
        assert len({one_node.do("CLUSTER", "KEYSLOT", key) for key in keys}) > 40


class TestMemory:
    def test_holds_so_many_calls_and_no_more(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sliding_windows, "MAX_CALLS", 100)
        windows = MemoryWindows(WINDOW)
        for number in range(1000):
            windows.count(f"{number}", 5)
        assert len(windows._calls) == len(windows._windows) == 100

    def test_forgets_what_has_left(self, monkeypatch: pytest.MonkeyPatch) -> None:
        now = 0.0
        monkeypatch.setattr(time, "monotonic", lambda: now)
        windows = MemoryWindows(WINDOW)
        for number in range(1000):
            windows.count(f"{number}", 5)
        now = 60.0
        assert windows.count("0", 5).counted == 1
        assert len(windows._calls) == len(windows._windows) == 1
