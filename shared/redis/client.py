"""Redis or Valkey at REDIS_URL: a kept connection, one round trip for all commands of a call.

The API works without it, so no failure reaches a caller: answers are then None, and for some seconds the
client sends nothing. redis-py itself waits 4 s for a refused connection and 40 s for a frozen one.
"""

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cache
from typing import Any

from shared.runtime.backoff import Backoff
from shared.runtime.observability import count, logger
from shared.runtime.settings import SettingsError, settings
from shared.runtime.snapshot import after_restore, before_snapshot

TIMEOUT = 0.2  # seconds, of a step: connecting, one read
MAX_IDLE = 240  # seconds: a frozen environment may not have seen the other end go

# `#!lua` is for writing: a replica and a full server refuse it, though they would answer what is out of date.
TOO_OLD = "unexpected symbol near '#'"  # what Redis before 7.0 answers to it
PROBE = ("EVAL", "#!lua\nreturn 1", 0)

type Command = tuple[str | bytes | int, ...]  # of one key at most, since a serverless Valkey is a cluster
type Receive = Callable[[list[Any]], object]


class Redis:
    def __init__(self, url: str) -> None:
        self._url = url
        self._connection: Any = None  # redis-py's own, which has no types
        self._used_at = 0.0
        self._enqueued: tuple[Sequence[Command], Receive] | None = None
        self.backoff = Backoff()

    def enqueue(self, commands: Sequence[Command], receive: Receive) -> None:
        """Sends `commands` before the next ones, in the same round trip. Replaces commands enqueued before.

        `receive` gets their answers; it is not called if the round trip fails.
        """
        self._enqueued = (commands, receive)

    def execute(self, *commands: Command) -> list[Any] | None:
        """Sends `commands` and returns their answers, None if Redis fails or has just failed."""
        (ahead, receive), self._enqueued = self._enqueued or ((), list), None
        if not self.backoff.is_over:
            return None
        probes = [PROBE] if self.backoff.has_failed else []
        try:
            answers = self._exchange([*probes, *ahead, *commands])
        except Exception as error:  # a full server, a wrong password, no credentials: all the same to callers
            self._fail(error)
            return None
        if self.backoff.has_failed:
            self.backoff.note_answer()
            logger().info("Redis answers again")
        receive(answers[len(probes) : -len(commands)])
        return answers[-len(commands) :]

    def close(self) -> None:
        if self._connection is not None:
            self._connection.disconnect()

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
        if not self.backoff.has_failed:
            reason = f"{type(error).__name__}: {error}"
            if TOO_OLD in reason:
                reason += "; the API needs Redis 7.0 or newer, or Valkey"
            logger().warning("Redis fails, the API goes on without it", error=reason)
        count("RedisFailure")
        self.backoff.note_failure()


_made: list[Redis] = []


@cache
def redis() -> Redis | None:
    """Returns the server of REDIS_URL, None without one; connects on first use."""
    url = settings().redis_url
    if url is None:
        return None
    _made.append(Redis(url))
    return _made[-1]


def load_client() -> None:
    """Imports the client's library while an environment starts, if REDIS_URL is set."""
    with suppress(SettingsError):  # the first call reports it
        if settings().redis_url:
            import redis.connection  # noqa: F401


@before_snapshot
@after_restore
def close_connection() -> None:
    for each in _made:
        each.close()


def _connection(url: str) -> Any:
    from redis.connection import Connection, parse_url

    named: dict[str, Any] = parse_url(url)  # type: ignore[no-untyped-call]
    options: dict[str, Any] = {
        "socket_timeout": TIMEOUT,
        "socket_connect_timeout": TIMEOUT,
        "protocol": 2,  # 3 would take a round trip to agree on
        "driver_info": None,  # which would be sent in two round trips
        **named,
    }
    if cache_name := settings().redis_iam_cache:
        from shared.redis.iam_auth import IamCredentials

        options["credential_provider"] = IamCredentials(cache_name, options.pop("username"))
    return options.pop("connection_class", Connection)(**options)


def _is_gone(connection: Any) -> bool:
    """True if the server has closed an idle connection: only then is there something to read."""
    from redis.exceptions import RedisError

    try:
        return bool(connection.is_connected and connection.can_read())
    except (RedisError, OSError):
        return True
