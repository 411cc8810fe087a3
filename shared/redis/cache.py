"""A cache with a lifetime per entry, in Redis if it is set and answers, else in this environment's memory.

`@cached` keeps what a function gives for its arguments, by a key that says what it is:

    @cached(ttl=60, key_prefix="users")
    async def get_user_profile(user_id: int, *, db: Session) -> ProfileOut: ...

keeps what it gives for 123 as `users:get_user_profile:123:1f0c9a2b`. The last part stands for the shape of
the value, so that a release that changes it reads none of the former's.
"""

import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from functools import cache as once
from functools import cached_property
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Protocol, get_args, get_type_hints
from urllib.parse import quote

from shared.redis.client import PROBE, Redis, redis

from pydantic import BaseModel, ValidationError

if TYPE_CHECKING:
    from shared.redis.redis_cache import RedisCache

type Event = Mapping[str, Any]
type Arguments = tuple[str | int, ...]
type Foreseen = Callable[[Event], Arguments | None]


class Cache(Protocol):
    """Values are bytes, lifetimes seconds. A cache may lose entries at any time and never raises."""

    is_shared: bool  # by all environments, so that each sees what another one deleted

    def get(self, key: str) -> bytes | None: ...

    def set(self, key: str, value: bytes, ttl: float) -> None:
        """Keeps `value`, which was read after `get` missed it, unless the key was deleted meanwhile."""

    def delete(self, *keys: str) -> None: ...


class MemoryCache:
    is_shared = False

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

    def delete(self, *keys: str) -> None:
        for key in keys:
            self._entries.pop(key, None)


@once
def memory() -> MemoryCache:
    return MemoryCache()


@once
def _shared(server: Redis) -> "RedisCache":
    from shared.redis.redis_cache import RedisCache  # which nothing loads without Redis

    return RedisCache(server)


def cache() -> Cache:
    """Returns the cache in use now."""
    server = redis()
    return _shared(server) if server is not None and server.backoff.is_over else memory()


def forget(*keys: str) -> None:
    """Deletes the values of these changed keys; after an outage of Redis, with the next call."""
    memory().delete(*keys)
    if (server := redis()) is not None:
        _shared(server).delete(*keys)


def status() -> str:
    """Returns `ok`, or `down` if REDIS_URL names a server that refuses commands."""
    server = redis()
    return "ok" if server is None or server.execute(PROBE) else "down"


_prefetched: list[tuple["Cached[Any]", Foreseen]] = []


class Cached[T: BaseModel]:
    """A cached function. Positional arguments name the value, keyword arguments are the means to read it."""

    def __init__(
        self, read: Callable[..., Awaitable[T]], ttl: float, key_prefix: str, in_memory: bool
    ) -> None:
        self._read, self.ttl, self._in_memory = read, ttl, in_memory
        self._prefix = f"{key_prefix}:{read.__name__}"

    async def __call__(self, *arguments: str | int, **means: Any) -> T:
        store = cache()
        if not (store.is_shared or self._in_memory):
            return await self._read(*arguments, **means)
        key = self.key(*arguments)
        if (kept := store.get(key)) is not None:
            with suppress(ValidationError):
                return self._shape.model_validate_json(kept)
        try:
            value = await self._read(*arguments, **means)
        except Exception:
            store.delete(key)  # its lease, under which nobody else could keep a value
            raise
        store.set(key, value.model_dump_json().encode(), self.ttl)
        return value

    def key(self, *arguments: str | int) -> str:
        """Returns the cache key, which writers pass to `invalidate(db, ...)`."""
        return ":".join([self._prefix, *(quote(str(each), safe="@+") for each in arguments), self._version])

    def prefetch(self, arguments: Foreseen) -> Foreseen:
        """Decorates a function that predicts the arguments from a request's event; None for none."""
        _prefetched.append((self, arguments))
        return arguments

    @property
    def is_kept(self) -> bool:
        """True if values are stored; an outage of Redis does not change that."""
        return redis() is not None or self._in_memory

    @cached_property
    def _shape(self) -> type[T]:
        shape: type[T] = get_type_hints(self._read)["return"]
        return shape

    @cached_property
    def _version(self) -> str:
        return sha256(_described(self._shape).encode()).hexdigest()[:8]


def _described(kind: Any) -> str:
    """Describes a type and its fields. (Pydantic's own JSON schema would take milliseconds.)"""
    fields = getattr(kind, "model_fields", {}).items()
    inner = [f"{name} {_described(field.annotation)}" for name, field in fields]
    return f"{kind}({', '.join([*inner, *map(_described, get_args(kind))])})"


def cached[T: BaseModel](
    ttl: float, key_prefix: str, *, in_memory: bool = False, shown_at: str | None = None
) -> Callable[[Callable[..., Awaitable[T]]], Cached[T]]:
    """`ttl`: seconds. `in_memory`: also without Redis, where other environments' writes stay unseen that
    long.

    `shown_at`: the route key whose `{id}` is the argument.
    """

    def decorate(read: Callable[..., Awaitable[T]]) -> Cached[T]:
        made = Cached(read, ttl, key_prefix, in_memory)
        if shown_at is not None:
            made.prefetch(lambda event: _id_in_path(event) if event["routeKey"] == shown_at else None)
        return made

    return decorate


def _id_in_path(event: Event) -> Arguments | None:
    given = str((event.get("pathParameters") or {}).get("id"))
    return (given,) if given.isdecimal() and len(given) < 20 else None


def is_kept(event: Event) -> bool:
    """Returns True if others get what the request reads: they would see a lagging value for its lifetime."""
    return any(each.is_kept and arguments(event) is not None for each, arguments in _prefetched)


def begin_request(event: Event) -> None:
    """Prefetches the entries of the request's functions with its first round trip to Redis."""
    if (server := redis()) is not None:
        found = [(each, arguments(event)) for each, arguments in _prefetched]
        _shared(server).begin(*(each.key(*arguments) for each, arguments in found if arguments is not None))
