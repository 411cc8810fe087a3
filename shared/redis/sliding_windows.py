"""Sliding windows: they count a key's calls in the last seconds, and admit one more or refuse it.

`Windows` is the interface. `RedisWindows` are shared by all environments and go by Redis's clock,
`MemoryWindows` belong to this environment, `shared.database.postgres_windows.PostgresWindows` are one table.
A refused call is not counted, so no window holds more calls than its limit.
"""

import time
from collections import deque
from functools import cache
from math import ceil
from typing import NamedTuple, Protocol

from shared.redis.client import Redis, redis

WINDOW = 60.0  # seconds
MAX_CALLS = 100_000  # in memory, of all keys together; beyond, the oldest are forgotten

# One key, no MULTI and nothing loaded before: it runs in a cluster, after SCRIPT FLUSH and after a failover.
COUNT = """#!lua
local key, window, limit = KEYS[1], tonumber(ARGV[1]), tonumber(ARGV[2])
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
redis.call('ZREMRANGEBYSCORE', key, '-inf', string.format('%.0f', now - window))
local counted, call = redis.call('ZCARD', key), ''
if counted < limit then
    call = string.format('%.0f-%d', now, counted)
    redis.call('ZADD', key, string.format('%.0f', now), call)
    redis.call('PEXPIRE', key, math.ceil(window / 1000))
    counted = counted + 1
end
local oldest = redis.call('ZRANGE', key, 0, 0, 'WITHSCORES')[2]
return {call, counted, string.format('%.0f', oldest + window - now)}
"""


class Verdict(NamedTuple):
    limit: int
    counted: int  # calls in the window, this one included where it was admitted
    frees_in: float  # seconds until the oldest of them leaves
    call: str  # the admitted call's name, empty where it was refused

    @property
    def is_admitted(self) -> bool:
        return bool(self.call)

    @property
    def remaining(self) -> int:
        return max(0, self.limit - self.counted)

    @property
    def reset(self) -> int:
        """Returns the whole seconds until the oldest call leaves, rounded up."""
        return ceil(min(self.frees_in, WINDOW))


class Windows(Protocol):
    """Windows of one length."""

    def count(self, key: str, limit: int) -> Verdict | None:
        """Counts a call, unless `limit` calls are in the window. None where the store does not answer."""

    def take_back(self, key: str, call: str) -> None:
        """Removes an admitted call, which `Verdict.call` names, from the window."""


class RedisWindows:
    def __init__(self, server: Redis, seconds: float) -> None:
        self._server, self._seconds = server, seconds

    def count(self, key: str, limit: int) -> Verdict | None:
        answers = self._server.execute(("EVAL", COUNT, 1, key, round(self._seconds * 1e6), limit))
        if answers is None:
            return None
        [(call, counted, frees_in)] = answers
        return Verdict(limit, counted, int(frees_in) / 1e6, call.decode())

    def take_back(self, key: str, call: str) -> None:
        self._server.execute(("ZREM", key, call))


class MemoryWindows:
    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._calls: deque[tuple[float, str]] = deque()  # of all keys, in their order
        self._windows: dict[str, deque[float]] = {}

    def count(self, key: str, limit: int) -> Verdict:
        now = time.monotonic()
        self._forget_until(now - self._seconds)
        window = self._windows.setdefault(key, deque())
        is_admitted = len(window) < limit
        if is_admitted:
            window.append(now)
            self._calls.append((now, key))
        return Verdict(limit, len(window), window[0] + self._seconds - now, repr(now) if is_admitted else "")

    def take_back(self, key: str, call: str) -> None:
        if float(call) in (window := self._windows.get(key, deque())):
            window.remove(float(call))

    def _forget_until(self, moment: float) -> None:
        while self._calls and (self._calls[0][0] <= moment or len(self._calls) >= MAX_CALLS):
            self._forget_oldest()

    def _forget_oldest(self) -> None:
        moment, key = self._calls.popleft()
        window = self._windows.get(key, deque())
        if window and window[0] == moment:  # else it was taken back
            window.popleft()
        if not window:
            self._windows.pop(key, None)


@cache
def memory_windows() -> MemoryWindows:
    return MemoryWindows(WINDOW)


def redis_windows(seconds: float) -> RedisWindows | None:
    """Returns Redis's windows, None without REDIS_URL."""
    server = redis()
    return RedisWindows(server, seconds) if server is not None else None


def count_call(key: str, limit: int) -> Verdict:
    """Counts a call of `key` in Redis and in memory; both have to admit it.

    Memory thus hands over to Redis and back: when an outage begins or ends, this environment grants no
    second limit. Without Redis, or while it fails, memory alone counts.
    """
    windows = redis_windows(WINDOW)
    shared = windows.count(key, limit) if windows else None
    if shared is not None and not shared.is_admitted:
        return shared
    own = memory_windows().count(key, limit)
    if windows is None or shared is None or not own.is_admitted:
        if windows and shared:
            windows.take_back(key, shared.call)
        return own
    return shared
