"""The cache: what it keeps, for how long, and what a write ends. Each test without Redis and with it."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from shared.redis import cache as caches
from shared.redis.cache import Cached, MemoryCache, begin_request, cache, cached
from shared.redis.client import Redis
from shared.redis.redis_cache import LEASE, RedisCache

import pytest
from pydantic import BaseModel, create_model

from tests.support.client import make_event
from tests.support.redis_server import Server


class Point(BaseModel):
    x: int


def run[T](coroutine: Coroutine[Any, Any, T]) -> T:
    """In a loop of its own: `asyncio.run` would leave the handlers of this process without theirs."""
    loop = asyncio.new_event_loop()
    try:
        return loop.run_until_complete(coroutine)
    finally:
        loop.close()


def reader(reads: list[int], *, in_memory: bool = True) -> Cached[Point]:
    @cached(ttl=60, key_prefix="points", in_memory=in_memory)
    async def find_point(number: int, *, scale: int = 1) -> Point:
        reads.append(number)
        return Point(x=number * scale)

    return find_point


@pytest.mark.usefixtures("store")
class TestCache:
    def test_keeps_a_value_until_it_is_deleted(self) -> None:
        assert cache().get("key") is None
        cache().set("key", b"\x00value", 60)
        assert cache().get("key") == b"\x00value"
        cache().delete("key", "another")
        assert cache().get("key") is None

    def test_a_value_leaves_after_its_lifetime(self) -> None:
        assert cache().get("key") is None
        cache().set("key", b"value", 0.001)
        while cache().get("key") is not None:
            pass


class TestTwoEnvironments:
    """A reader and a writer over one Redis, each step in its place."""

    @pytest.fixture
    def two(self, with_redis: Server) -> list[RedisCache]:
        return [RedisCache(Redis(with_redis.url)) for _ in range(2)]

    def test_a_read_before_the_commit_is_not_stored_after_it(self, two: list[RedisCache]) -> None:
        reader, writer = two
        assert reader.get("key") is None  # it reads the old row now
        writer.delete("key")
        reader.set("key", b"old", 60)
        assert writer.get("key") is None

    def test_a_read_stored_before_the_commit_is_gone_after_it(self, two: list[RedisCache]) -> None:
        reader, writer = two
        assert reader.get("key") is None
        reader.set("key", b"old", 60)
        writer.delete("key")
        assert reader.get("key") is None

    def test_a_read_after_the_commit_is_stored_whoever_reads_since_before_it(
        self, two: list[RedisCache]
    ) -> None:
        slow, quick = two
        assert slow.get("key") is None
        quick.delete("key")
        assert quick.get("key") is None
        quick.set("key", b"new", 60)
        slow.set("key", b"old", 60)
        assert quick.get("key") == b"new"

    def test_who_comes_second_leaves_it_to_the_first(self, two: list[RedisCache]) -> None:
        first, second = two
        assert first.get("key") is None
        assert second.get("key") is None
        second.set("key", b"second", 60)
        first.set("key", b"first", 60)
        assert second.get("key") == b"first"

    def test_what_was_read_before_a_delete_is_not_kept(self, two: list[RedisCache]) -> None:
        [cache, _] = two
        assert cache.get("key") is None
        cache.delete("key")
        cache.set("key", b"read before", 60)
        assert cache.get("key") is None
        cache.set("key", b"read after", 60)
        assert cache.get("key") == b"read after"

    def test_a_lease_ends_by_itself(self, two: list[RedisCache], with_redis: Server) -> None:
        assert two[0].get("key") is None
        assert 0 < with_redis.do("PTTL", "key") <= LEASE

    def test_a_value_outlives_a_request_and_a_lease_does_not(self, two: list[RedisCache]) -> None:
        reader, writer = two
        assert reader.get("key") is None
        reader.begin()
        writer.delete("key")
        reader.begin("key")
        assert reader.get("key") is None
        reader.set("key", b"new", 60)
        reader.begin("key")
        assert reader.get("key") == b"new"


@pytest.mark.usefixtures("store")
class TestCached:
    def test_reads_once(self) -> None:
        reads: list[int] = []
        find = reader(reads)
        found = [run(find(7, scale=2)) for _ in range(3)]
        assert (found, reads) == ([Point(x=14)] * 3, [7])
        assert run(find(8)) == Point(x=8)

    def test_an_error_is_not_kept(self) -> None:
        reads: list[int] = []

        @cached(ttl=60, key_prefix="points", in_memory=True)
        async def find_point(number: int) -> Point:
            reads.append(number)
            if len(reads) < 3:
                raise LookupError(number)
            return Point(x=number)

        for _ in range(2):
            begin_request(make_event("GET", "/points", "/points"))
            with pytest.raises(LookupError):
                run(find_point(7))
        assert [run(find_point(7)) for _ in range(2)] == [Point(x=7)] * 2
        assert reads == [7, 7, 7]

    def test_a_write_is_seen_by_the_next_read(self) -> None:
        reads: list[int] = []
        find = reader(reads)
        run(find(7))
        cache().delete(find.key(7))
        run(find(7))
        assert reads == [7, 7]

    def test_what_cannot_be_read_is_read_anew(self) -> None:
        reads: list[int] = []
        find = reader(reads)
        assert cache().get(find.key(7)) is None
        cache().set(find.key(7), b'{"x": "no number"}', 60)
        assert run(find(7)) == Point(x=7)


def test_its_keys_say_what_they_are() -> None:
    prefix, _, version = reader([]).key(123).rpartition(":")
    assert prefix == "points:find_point:123"
    assert len(version) == 8
    assert reader([]).key("a:b {c}").startswith("points:find_point:a%3Ab%20%7Bc%7D:")


def test_a_value_of_another_shape_has_another_key() -> None:
    def key(shape: object) -> str:
        async def find_point(number: int) -> Point: ...

        find_point.__annotations__["return"] = create_model("Point", x=(shape, ...))
        return cached(ttl=60, key_prefix="points")(find_point).key(123)

    assert key(int) == key(int)
    inner = [create_model("Inner", y=(kind, ...)) for kind in (int, str)]
    kinds = (int, str, int | None, *inner, list[inner[0]], list[inner[1]], dict[str, inner[0]])
    assert len({key(kind) for kind in kinds}) == len(kinds)


def test_without_redis_nothing_is_kept_that_others_may_change(store: str) -> None:
    reads: list[int] = []
    find = reader(reads, in_memory=False)
    for _ in range(2):
        run(find(7))
    assert reads == ([7] if store == "redis" else [7, 7])


def test_memory_holds_so_many_entries_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    small = MemoryCache(max_entries=2)
    for number in range(5):
        small.set(str(number), b"", 60)
    assert [small.get(str(number)) is not None for number in range(5)] == [False] * 3 + [True] * 2
    moved: Callable[[], float] = lambda: 1e12  # noqa: E731
    monkeypatch.setattr(caches.time, "monotonic", moved)
    assert small.get("4") is None
