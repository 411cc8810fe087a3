"""A cache with a lifetime per entry; in memory, so one per execution environment."""

import functools
import time
from typing import Protocol


class Cache(Protocol):
    """Values are bytes, lifetimes seconds. A cache may forget at any time and never raises."""

    def get(self, key: str) -> bytes | None: ...

    def set(self, key: str, value: bytes, ttl: float) -> None: ...

    def delete(self, key: str) -> None: ...

    def is_up(self) -> bool: ...


class MemoryCache:
    def __init__(self, max_entries: int = 10_000) -> None:
        self._entries: dict[str, tuple[float, bytes]] = {}
        self._max_entries = max_entries

    def get(self, key: str) -> bytes | None:
        expires, value = self._entries.get(key, (0.0, b""))
        return value if time.monotonic() < expires else None

    def set(self, key: str, value: bytes, ttl: float) -> None:
        self._entries.pop(key, None)
        if len(self._entries) >= self._max_entries:
            del self._entries[next(iter(self._entries))]  # the oldest: dicts keep insertion order
        self._entries[key] = (time.monotonic() + ttl, value)

    def delete(self, key: str) -> None:
        self._entries.pop(key, None)

    def is_up(self) -> bool:
        return True


@functools.cache
def cache() -> Cache:
    return MemoryCache()
