"""The database: one kept connection per execution environment, and one to its reader where there is one.

RDS Proxy is the pool, so none is kept here beyond the one connection that an environment can use at a time.
What a route writes is one transaction, whose BEGIN goes along with the first statement.
"""

import re
import select
import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Annotated, Any

from shared.cache import forget
from shared.cached import is_kept
from shared.database.dialect import DRIVER_NAME
from shared.database.errors import translate
from shared.database.reading import reading, refuse_to_write_in_a_read
from shared.database.sign_in import secure
from shared.http.action import action_of
from shared.http.errors import DatabaseFailure, NotFound, ServiceUnavailable
from shared.http.route import keep_open
from shared.settings import settings
from shared.snapshot import after_restore, before_snapshot

from fastapi import Depends, Request
from fastapi.dependencies.models import Dependant
from sqlalchemy import Engine, Executable, Row, Select, create_engine, event, make_url
from sqlalchemy.exc import DisconnectionError, SQLAlchemyError
from sqlalchemy.orm import Session

SOCKET_TIMEOUT = 10  # seconds: over the role's statement_timeout, under the function's own
MAX_IDLE = 240  # seconds: a frozen environment may not have seen the other end go
STALE = "stale"  # in a session's info: the keys of values that its writes change

_engines: list[Engine] = []


@cache
def engine(timeout: float = SOCKET_TIMEOUT) -> Engine:
    """The writer's, made on first use. `timeout`: seconds that one read from the socket may take."""
    return make_engine(settings().database_url, timeout)


def make_engine(database_url: str, timeout: float) -> Engine:
    url = make_url(database_url)
    engine = create_engine(
        url.set(drivername=DRIVER_NAME) if settings().one_flush else url,
        pool_size=1,
        max_overflow=0,
        hide_parameters=True,
        connect_args={"timeout": timeout, "application_name": settings().function_name},
    )
    secure(engine)
    event.listen(engine, "do_connect", _connect)
    event.listen(engine, "handle_error", translate)
    event.listen(engine, "checkout", _refuse_dead_connection)
    event.listen(engine, "checkin", _note_time)
    event.listen(engine, "before_cursor_execute", refuse_to_write_in_a_read)
    if settings().log_level == "DEBUG":
        from shared.database.turn_log import log_turns

        log_turns()
    _engines.append(engine)
    return engine


@before_snapshot
@after_restore
def close_connections() -> None:
    for each in _engines:
        each.dispose()


def _connect(dialect: Any, record: Any, arguments: Any, options: dict[str, Any]) -> Any:
    """SQLAlchemy asks `handle_error` about the driver's errors alone, and a failed handshake is none."""
    try:
        return dialect.connect(*arguments, **options)
    except (OSError, struct.error) as error:
        raise ServiceUnavailable from error


def _note_time(connection: Any, record: Any) -> None:
    record.info["idle_since"] = time.monotonic()


def _refuse_dead_connection(connection: Any, record: Any, proxy: Any) -> None:
    """Have the pool connect anew where the kept connection was closed, without a round trip to ask.

    An idle Postgres connection has nothing to say: a readable socket holds the server's goodbye.
    """
    idle = time.monotonic() - record.info.get("idle_since", time.monotonic())
    readable, _, _ = select.select([connection._usock], [], [], 0)
    if readable or idle > MAX_IDLE:
        raise DisconnectionError("the kept connection is gone")


async def _session(request: Request) -> Session:
    """One for the whole request: where the route writes, its transaction begins before the caller is read."""
    writes = _depends_on(_committed, request.scope["route"].dependant)
    return keep_open(request, Session(engine() if writes else reading(engine()), expire_on_commit=False))


ReadSession = Annotated[Session, Depends(_session)]


async def _public(request: Request) -> Session:
    """The reader's, where there is one, for a call without a token, unless a cache would keep what lags."""
    if settings().reader_url is None or _has_token(request) or is_kept(request.scope["aws.event"]):
        return await _session(request)
    from shared.database.reader import reader, reader_session

    return keep_open(request, reader_session()) if reader().is_up else await _session(request)


PublicSession = Annotated[Session, Depends(_public)]


def _has_token(request: Request) -> bool:
    """Whether somebody calls who may look for what they have written."""
    return "authorization" in request.headers or "authorizer" in request.scope["aws.event"]["requestContext"]


async def _committed(request: Request, session: ReadSession) -> Session:
    return keep_open(request, _committing(request, session))


WriteSession = Annotated[Session, Depends(_committed)]


@contextmanager
def _committing(request: Request, session: Session) -> Iterator[Session]:
    """The commit is done before the answer goes out, so a failed one is never a 2xx."""
    try:
        yield session
        try:
            _commit(session)
        finally:  # one may have come through although its answer did not
            forget(*session.info.pop(STALE, ()))
    except SQLAlchemyError as error:
        raise DatabaseFailure(action_of(request)) from error


def invalidate(db: Session, *keys: str) -> None:
    """Have these values leave the cache once what the route writes is committed."""
    db.info.setdefault(STALE, []).extend(keys)


@contextmanager
def separate_transaction(db: Session) -> Iterator[Session]:
    """A transaction that is kept whatever becomes of the request.

    `db` is rolled back before, since an environment has one connection: nothing may be written yet.
    """
    db.rollback()
    with Session(engine()) as session, session.begin():
        yield session


def execute_and_commit(db: Session, statement: Executable, values: dict[str, Any]) -> Row[Any]:
    """The row of a statement that is kept whatever becomes of the request, in one turn with its COMMIT.

    `db` has read before and not written.
    """
    row = db.execute(statement, values, execution_options={"commit_along": True}).one()
    db.commit()
    return row


def _depends_on(call: Any, dependant: Dependant) -> bool:
    return dependant.call is call or any(_depends_on(call, each) for each in dependant.dependencies)


def _commit(session: Session) -> None:
    """Commit. Where one row is left to be written, COMMIT goes along with it: one network turn for both."""
    if len(session.dirty) + len(session.deleted) == 1 and not session.new:
        session.connection().execution_options(commit_along=True)
    session.commit()


def later(db: Session, statement: Executable) -> None:
    """Execute a statement whose result nobody looks at, along with the next one or with COMMIT.

    Its errors are raised there, so before the answer goes out.
    """
    db.execute(statement, execution_options={"later": True, "synchronize_session": False})


def get_or_404[T](db: Session, statement: Select[T]) -> T:
    """The one row that `statement` selects. Errors: `<resource>_not_found`, named after its model."""
    row = db.scalars(statement).one_or_none()
    if row is None:
        model = statement.column_descriptions[0]["entity"]
        raise NotFound(re.sub("(?<=[a-z])(?=[A-Z])", "_", model.__name__).lower())
    return row
