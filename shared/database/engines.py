"""Engines: one kept connection per execution environment to the writer, one to the replica if there is one.

RDS Proxy is the pool, so an engine keeps only the one connection that an environment can use at a time.
"""

import logging
import select
import time
from functools import cache
from typing import Any

from shared.database.driver.iam_auth import use_tls_and_iam
from shared.database.driver.pipeline import DRIVER_NAME
from shared.database.error_translation import translate
from shared.http.errors import ServiceUnavailable
from shared.runtime.observability import logger
from shared.runtime.settings import settings
from shared.runtime.snapshot import after_restore, before_snapshot

import pg8000
from sqlalchemy import Engine, PoolProxiedConnection, QueuePool, create_engine, event, make_url
from sqlalchemy.exc import DisconnectionError

SOCKET_TIMEOUT = 10  # seconds: over the role's statement_timeout, under the function's own
MAX_IDLE = 240  # seconds: a frozen environment may not have seen the other end go

_engines: list[Engine] = []


class _Pool(QueuePool):
    def connect(self) -> PoolProxiedConnection:
        """Returns a connection that is open. Errors: the driver's own; ServiceUnavailable for all others.

        SQLAlchemy asks `handle_error` about the driver's errors alone, not about a failed handshake or fresh
        connections that are closed at once.
        """
        try:
            return super().connect()
        except pg8000.dbapi.Error:
            raise
        except Exception as error:
            raise ServiceUnavailable from error


@cache
def engine(timeout: float = SOCKET_TIMEOUT) -> Engine:
    """Returns the writer's engine, created on first use. `timeout`: seconds for one read from the socket."""
    return make_engine(settings().database_url, timeout)


def make_engine(database_url: str, timeout: float) -> Engine:
    url = make_url(database_url)
    engine = create_engine(
        url.set(drivername=DRIVER_NAME) if settings().pipelines else url,
        poolclass=_Pool,
        pool_size=1,
        max_overflow=0,
        hide_parameters=True,
        connect_args={"timeout": timeout, "application_name": settings().function_name},
    )
    use_tls_and_iam(engine)
    event.listen(engine, "handle_error", translate)
    event.listen(engine, "checkout", _refuse_dead_connection)
    event.listen(engine, "checkin", _note_time)
    if logger().log_level == logging.DEBUG:
        from shared.database.driver.statement_trace import log_round_trips

        log_round_trips()
    _engines.append(engine)
    return engine


@before_snapshot
@after_restore
def close_connections() -> None:
    for each in _engines:
        each.dispose()


def _note_time(connection: Any, record: Any) -> None:
    record.info["idle_since"] = time.monotonic()


def _refuse_dead_connection(connection: Any, record: Any, proxy: Any) -> None:
    """Makes the pool reconnect if the kept connection was closed, without a round trip.

    An idle Postgres connection has nothing to read: a readable socket means that the server closed it.
    """
    idle = time.monotonic() - record.info.get("idle_since", time.monotonic())
    readable, _, _ = select.select([connection._usock], [], [], 0)
    if readable or idle > MAX_IDLE:
        raise DisconnectionError("the kept connection is gone")
