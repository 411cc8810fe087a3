"""A cache with a lifetime per entry: Redis where there is one and it answers, else this environment's memory.

What was read before a row was written is not kept after it: `get` claims a key that it misses, `delete` ends
every claim, and `set` keeps nothing for a claim that has ended. So who writes deletes after the commit.
"""

import secrets
import time
from functools import cache as once
from functools import partial
from typing import Protocol

from shared.redis.client import PROBE, Command, Redis, redis

MAX_PENDING_DELETES = 1000  # keys that are deleted once an outage is over; other values live their time
LEASE = 5000  # milliseconds that reading a value may take; as long nobody else sets it

GET = """#!lua
local kept = redis.call('GET', KEYS[1])
if kept then return kept end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return ARGV[1]
"""
SET = """#!lua
return redis.call('GET', KEYS[1]) == ARGV[1] and redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
"""
VALUE, LEASED = b"=", b"?"  # what an entry begins with


class Cache(Protocol):
    """Values are bytes, lifetimes seconds. A cache may forget at any time and never raises."""

    is_shared: bool  # by all environments, so that one sees what another one deleted

    def get(self, key: str) -> bytes | None: ...

    def set(self, key: str, value: bytes, ttl: float) -> None:
        """Keep `value`, unless the key was deleted since this request's `get` has missed it."""

    def delete(self, *keys: str) -> None: ...


class MemoryCache:
    is_shared = False

    def __init__(self, max_entries: int = 10_000) -> None:
        self._entries: dict[str, tuple[float, bytes]] = {}
        self._max_entries = max_entries
        self._deleted: set[str] = set()  # since the request began

    def begin(self) -> None:
        """A request begins."""
        self._deleted.clear()

    def get(self, key: str) -> bytes | None:
        expires, value = self._entries.get(key, (0.0, b""))
        self._deleted.discard(key)
        return value if time.monotonic() < expires else None

    def set(self, key: str, value: bytes, ttl: float) -> None:
        if key in self._deleted:
            return
        self._entries.pop(key, None)
        if len(self._entries) >= self._max_entries:
            del self._entries[next(iter(self._entries))]  # the oldest: dicts keep insertion order
        self._entries[key] = (time.monotonic() + ttl, value)

    def delete(self, *keys: str) -> None:
        for key in keys:
            self._entries.pop(key, None)
            self._deleted.add(key)


class RedisCache:
    is_shared = True

    def __init__(self, server: Redis) -> None:
        self._server = server
        self._prefetched: set[str] = set()
        self._answers: dict[str, bytes] = {}
        self._leases: dict[str, bytes] = {}  # of this request; empty where another environment's is there
        self._pending_deletes: set[str] = set()  # while Redis failed

    def begin(self, *keys: str) -> None:
        """A request begins, which will get these keys: they are asked for with what it asks first."""
        self._server.begin()
        self._prefetched = set(keys)
        self._answers.clear()
        self._leases.clear()
        for key in self._pending_deletes:
            self._server.enqueue(("DEL", key), lambda answer: self._pending_deletes.clear())
        for key in keys:
            self._enqueue_get(key)

    def get(self, key: str) -> bytes | None:
        if key in self._prefetched:
            self._prefetched.discard(key)
        else:
            self._enqueue_get(key)
        if key not in self._answers:
            self._server.execute()
        kept = self._answers.pop(key, b"")
        if kept.startswith(VALUE):
            del self._leases[key]
            return kept.removeprefix(VALUE)
        if kept != self._leases[key]:
            self._leases[key] = b""
        return None

    def set(self, key: str, value: bytes, ttl: float) -> None:
        lease = self._leases.pop(key, None)
        milliseconds = round(ttl * 1000)
        if lease is None:
            self._server.execute(("SET", key, VALUE + value, "PX", milliseconds))
        elif lease:
            self._server.execute(("EVAL", SET, 1, key, lease, VALUE + value, milliseconds))

    def delete(self, *keys: str) -> None:
        one_by_one: list[Command] = [("DEL", key) for key in keys]  # a cluster keeps them apart
        if self._server.execute(*one_by_one) is None and len(self._pending_deletes) < MAX_PENDING_DELETES:
            self._pending_deletes.update(keys)

    def _enqueue_get(self, key: str) -> None:
        lease = self._leases[key] = self._leases.get(key) or LEASED + secrets.token_bytes(8)
        command = ("EVAL", GET, 1, key, lease, LEASE)
        self._server.enqueue(command, partial(self._answers.__setitem__, key))


@once
def memory() -> MemoryCache:
    return MemoryCache()


@once
def _shared(server: Redis) -> RedisCache:
    return RedisCache(server)


def cache() -> Cache:
    """The one to use now."""
    server = redis()
    return _shared(server) if server is not None and server.is_up else memory()


def begin(*keys: str) -> None:
    """A request begins, which will get these keys."""
    memory().begin()
    if (server := redis()) is not None:
        _shared(server).begin(*keys)


def forget(*keys: str) -> None:
    """What these keys stand for has changed. An outage over, Redis hears it with the next call."""
    if keys:
        memory().delete(*keys)
        if (server := redis()) is not None:
            _shared(server).delete(*keys)


def status() -> str:
    """`ok`, or `down` where REDIS_URL names a server that does not take what it is asked."""
    server = redis()
    return "ok" if server is None or server.execute(PROBE) else "down"
