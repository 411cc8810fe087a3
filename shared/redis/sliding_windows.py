"""Sliding windows of 60 s: count the admitted calls of a key, and admit one more or not.

In Redis a window is a sorted set that all environments share, on Redis's clock; in memory each environment
has its own. A rejected call is not counted, so no window holds more calls than its limit.
"""

import time
from collections import deque
from functools import cache
from math import ceil
from typing import NamedTuple

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


class RedisWindows:
    def __init__(self, server: Redis) -> None:
        self._server = server

    def count(self, key: str, limit: int) -> Verdict | None:
        """Returns None if Redis fails."""
        answers = self._server.execute(("EVAL", COUNT, 1, key, round(WINDOW * 1e6), limit))
        if answers is None:
            return None
        [(call, counted, frees_in)] = answers
        return Verdict(limit, counted, int(frees_in) / 1e6, call.decode())

    def take_back(self, key: str, call: str) -> None:
        """Removes an admitted call from the count."""
        self._server.execute(("ZREM", key, call))


class MemoryWindows:
    def __init__(self) -> None:
        self._calls: deque[tuple[float, str]] = deque()  # of all keys, in their order
        self._windows: dict[str, deque[float]] = {}

    def count(self, key: str, limit: int) -> Verdict:
        now = time.monotonic()
        self._forget_until(now - WINDOW)
        is_admitted = len(self._windows.get(key, ())) < limit
        if is_admitted:
            self._add(key, now)
        window = self._windows[key]
        return Verdict(limit, len(window), window[0] + WINDOW - now, str(now) if is_admitted else "")

    def note(self, key: str) -> None:
        """Counts a call that other windows admitted."""
        now = time.monotonic()
        self._forget_until(now - WINDOW)
        self._add(key, now)

    def _add(self, key: str, now: float) -> None:
        self._windows.setdefault(key, deque()).append(now)
        self._calls.append((now, key))

    def _forget_until(self, moment: float) -> None:
        while self._calls and (self._calls[0][0] <= moment or len(self._calls) >= MAX_CALLS):
            self._forget_oldest()

    def _forget_oldest(self) -> None:
        _, key = self._calls.popleft()
        window = self._windows[key]
        window.popleft()
        if not window:
            del self._windows[key]


memory_windows = cache(MemoryWindows)


def shared_windows() -> RedisWindows | None:
    """Returns Redis's windows, None without REDIS_URL."""
    server = redis()
    return RedisWindows(server) if server is not None else None


def count_call(key: str, limit: int) -> Verdict:
    """Counts a call of `key` in the shared window or, without one, in this environment's."""
    windows = shared_windows()
    verdict = windows.count(key, limit) if windows else None
    if verdict is None:
        return memory_windows().count(key, limit)
    if verdict.is_admitted:
        memory_windows().note(key)  # so that an outage grants this environment no second limit
    return verdict
