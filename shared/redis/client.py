"""Redis or Valkey, where REDIS_URL names one: a kept connection, one network turn for what is asked together.

The API works without it, so whatever goes wrong nobody waits and nobody hears: the answer is None, and for
some seconds nothing is asked. redis-py's own patience is 4 s for a refused connection, 40 s for a frozen one.
"""

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cache
from typing import Any

from shared.runtime.observability import count, logger
from shared.runtime.settings import SettingsError, settings
from shared.runtime.snapshot import after_restore, before_snapshot

TIMEOUT = 0.2  # seconds, of a step: connecting, one read
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 30.0  # seconds until it is tried again; each failure doubles them
MAX_IDLE = 240  # seconds: a frozen environment may not have seen the other end go

# `#!lua` is for writing: a replica and a full server refuse it, though they would answer what is out of date.
PROBE = ("EVAL", "#!lua\nreturn 1", 0)

type Command = tuple[str | bytes | int, ...]  # of one key at most, since a serverless Valkey is a cluster
type Receive = Callable[[Any], object]


class Redis:
    def __init__(self, url: str) -> None:
        self._url = url
        self._connection: Any = None  # redis-py's own, which has no types
        self._used_at = 0.0
        self._along: list[tuple[Command, Receive]] = []
        self._pause = 0.0
        self._paused_until = 0.0

    @property
    def is_up(self) -> bool:
        """Whether it is worth asking: it has not failed a moment ago."""
        return time.monotonic() >= self._paused_until

    def begin(self) -> None:
        """A request begins: nothing waits to go along any more."""
        self._along.clear()

    def enqueue(self, command: Command, receive: Receive) -> None:
        """Send `command` with what is asked next. Where that fails, `receive` never hears."""
        self._along.append((command, receive))

    def execute(self, *commands: Command) -> list[Any] | None:
        """The answers, None where there are none to be had."""
        enqueue, self._along = self._along, []
        everything = [command for command, _ in enqueue] + list(commands)
        if not (everything and self.is_up):
            return None
        try:
            answers = self._exchange([PROBE, *everything] if self._pause else everything)
        except Exception as error:  # a full server, a wrong password, no credentials: all the same to callers
            self._fail(error)
            return None
        if self._pause:
            self._pause = 0.0
            logger().info("Redis answers again")
            answers = answers[1:]
        for (_, receive), answer in zip(enqueue, answers, strict=False):
            receive(answer)
        return answers[len(enqueue) :]

    def close(self) -> None:
        if self._connection is not None:
            self._connection.disconnect()

    def forget_failures(self) -> None:
        self._pause = self._paused_until = 0.0

    def _exchange(self, commands: Sequence[Command]) -> list[Any]:
        connection = self._connected()
        connection.send_packed_command(connection.pack_commands(commands), check_health=False)
        answers = [connection.read_response() for _ in commands]
        self._used_at = time.monotonic()
        return answers

    def _connected(self) -> Any:
        if self._connection is None:
            self._connection = _connection(self._url)
        elif time.monotonic() - self._used_at > MAX_IDLE or _is_gone(self._connection):
            self._connection.disconnect()
        self._connection.connect()
        return self._connection

    def _fail(self, error: Exception) -> None:
        self.close()  # answers may be left in it, or a failover's former primary at its other end
        if not self._pause:
            reason = f"{type(error).__name__}: {error}"
            logger().warning("Redis fails, the API goes on without it", error=reason)
        count("RedisFailure")
        self._pause = min(2 * self._pause or FIRST_PAUSE, LONGEST_PAUSE)
        self._paused_until = time.monotonic() + self._pause


_made: list[Redis] = []


@cache
def redis() -> Redis | None:
    """The server of REDIS_URL, None without one; connected when it is first asked."""
    url = settings().redis_url
    if url is None:
        return None
    _made.append(Redis(url))
    return _made[-1]


def load_client() -> None:
    """Import the client's library while an environment starts, where there is something to ask by it."""
    with suppress(SettingsError):  # which the first call will tell
        if settings().redis_url:
            import redis.connection  # noqa: F401


@before_snapshot
@after_restore
def close_connection() -> None:
    for each in _made:
        each.close()
        each.forget_failures()  # a restored environment has another clock


def _connection(url: str) -> Any:
    from redis.connection import Connection, parse_url

    named: dict[str, Any] = parse_url(url)  # type: ignore[no-untyped-call]
    options: dict[str, Any] = {
        "socket_timeout": TIMEOUT,
        "socket_connect_timeout": TIMEOUT,
        "protocol": 2,  # 3 would take a turn to agree on
        "driver_info": None,  # two turns to introduce itself
        **named,
    }
    if cache_name := settings().redis_iam_cache:
        from shared.redis.iam_auth import IamCredentials

        options["credential_provider"] = IamCredentials(cache_name, options.pop("username"))
    return options.pop("connection_class", Connection)(**options)


def _is_gone(connection: Any) -> bool:
    """An idle connection has nothing to say: what can be read is the server's goodbye."""
    from redis.exceptions import RedisError

    try:
        return bool(connection.is_connected and connection.can_read())
    except (RedisError, OSError):
        return True
