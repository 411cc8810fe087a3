"""The cache in Redis, which all environments share.

`get` takes a lease on a missing key, `delete` ends every lease, and `set` stores a value only under a valid
lease. So a value read before a write is not stored after it, if the writer deletes the key after its commit.
Source: "Scaling Memcache at Facebook" (NSDI 2013), section 3.2.1.
"""

import secrets

from shared.redis.client import Command, Redis

MAX_PENDING_DELETES = 1000  # keys that are deleted after an outage; beyond, a value stays for its lifetime
LEASE = 5000  # milliseconds that reading a value may take, in which no other request sets it

GET_OR_LEASE = """#!lua
local kept = redis.call('GET', KEYS[1])
if kept then return kept end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return ARGV[1]
"""
SET = """#!lua
return redis.call('GET', KEYS[1]) == ARGV[1] and redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
"""
VALUE, LEASED = b"=", b"?"  # what an entry begins with


class _Request:
    """One request's state: prefetched entries, and the keys on which it holds a lease."""

    def __init__(self) -> None:
        self.prefetched: dict[str, bytes | None] = {}
        self.lease = LEASED + secrets.token_bytes(8)
        self.leased: set[str] = set()


class RedisCache:
    is_shared = True

    def __init__(self, server: Redis) -> None:
        self._server = server
        self._request = _Request()
        self._pending_deletes: set[str] = set()  # of an outage

    def begin(self, *keys: str) -> None:
        """Begins a request that will get these keys."""
        self._request = request = _Request()
        deletes = list(self._pending_deletes)

        def receive(answers: list[bytes | None]) -> None:
            self._pending_deletes.difference_update(deletes)
            request.prefetched = dict(zip(keys, answers[len(deletes) :], strict=True))

        self._server.enqueue([*(("DEL", key) for key in deletes), *(("GET", key) for key in keys)], receive)

    def get(self, key: str) -> bytes | None:
        request = self._request
        # A call may be refused before it reads, so the prefetch takes no lease: nobody would give it back.
        entry = request.prefetched.pop(key, None) or self._get_or_lease(key)
        if entry == request.lease:
            request.leased.add(key)
        return entry.removeprefix(VALUE) if entry.startswith(VALUE) else None

    def set(self, key: str, value: bytes, ttl: float) -> None:
        if key in self._request.leased:
            keep = (self._request.lease, VALUE + value, round(ttl * 1000))
            self._server.execute(("EVAL", SET, 1, key, *keep))

    def delete(self, *keys: str) -> None:
        one_by_one: list[Command] = [("DEL", key) for key in keys]  # a cluster keeps them apart
        if self._server.execute(*one_by_one) is None:
            room = max(0, MAX_PENDING_DELETES - len(self._pending_deletes))
            self._pending_deletes.update(keys[:room])

    def _get_or_lease(self, key: str) -> bytes:
        """Returns the entry, and otherwise tries to take a lease; empty if Redis fails."""
        [entry] = self._server.execute(("EVAL", GET_OR_LEASE, 1, key, self._request.lease, LEASE)) or [b""]
        return bytes(entry)
