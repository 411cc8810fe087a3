"""Database sessions of a route, and statements that routes share.

A route's writes are one transaction. Its BEGIN travels with the first statement.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

from shared.database.engines import engine
from shared.database.read_only import read_only
from shared.http.action import action_of
from shared.http.errors import DatabaseFailure, NotFound
from shared.http.route import enter
from shared.redis.cache import forget, is_kept
from shared.runtime.settings import settings

from fastapi import Depends, Request
from fastapi.dependencies.models import Dependant
from sqlalchemy import Executable, Row, Select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

STALE = "stale"  # in a session's info: the keys of values that its writes change

_writing: dict[Any, bool] = {}


async def _session(request: Request) -> Session:
    """Yields the request's only session. If the route writes, its transaction begins before the caller is
    read.
    """
    of = engine() if _writes(request) else read_only(engine())
    return enter(request, Session(of, expire_on_commit=False))


ReadSession = Annotated[Session, Depends(_session)]


async def _public(request: Request) -> Session:
    """Yields the replica's session for a call without a token, unless a cache would store stale data."""
    if settings().replica_url is None or _has_token(request) or is_kept(request.scope["aws.event"]):
        return await _session(request)
    from shared.database.replica import replica, replica_session  # few calls need it

    return enter(request, replica_session()) if replica().backoff.is_over else await _session(request)


PublicSession = Annotated[Session, Depends(_public)]


def _has_token(request: Request) -> bool:
    """Tells whether the caller sent a token, and may expect to read its own writes."""
    return "authorization" in request.headers or "authorizer" in request.scope["aws.event"]["requestContext"]


async def _committed(request: Request, session: ReadSession) -> Session:
    return enter(request, _committing(request, session))


# When is a statement sent? `db.execute` and `db.scalars` send theirs at once, after the changes of models so
# far; `execute_deferred` sends its statement with the next one; other changes wait for COMMIT. A route calls
# `db.flush()` only to read what the database computed, such as an id. A violated constraint is answered alike
# at a flush and at COMMIT. If a change of one row is all that is left, it is sent with COMMIT: so make it
# after every other statement.
WriteSession = Annotated[Session, Depends(_committed)]


@contextmanager
def _committing(request: Request, session: Session) -> Iterator[Session]:
    """Commits before the answer goes out, so a failed commit is never a 2xx."""
    try:
        yield session
        try:
            _commit(session)
        finally:
            _forget_stale(session)
    except SQLAlchemyError as error:
        raise DatabaseFailure(action_of(request)) from error


def invalidate(db: Session, *keys: str) -> None:
    """Deletes these values from the cache after the commit of the route's writes."""
    db.info.setdefault(STALE, []).extend(keys)


def _forget_stale(session: Session) -> None:
    """Deletes them after a failed commit too: it may have come through although its answer did not."""
    if stale := session.info.pop(STALE, ()):
        forget(*stale)


@contextmanager
def separate_transaction(db: Session) -> Iterator[Session]:
    """Opens a transaction that commits even if the request fails.

    It first rolls `db` back, since an environment has one connection: nothing may be written yet.
    """
    db.rollback()
    with Session(engine()) as session:
        try:
            with session.begin():
                yield session
        finally:
            _forget_stale(session)


def commit_early(db: Session) -> None:
    """Commits what outlives a refusal of its request, which must bear to run again or not be retried."""
    try:
        db.commit()
    finally:
        _forget_stale(db)


def execute_and_commit(db: Session, statement: Executable, values: dict[str, Any]) -> Row[Any] | None:
    """Returns the row, if any, of a statement that commits even if the request fails, both in one round trip.

    `db` may have read before but not written.
    """
    row = db.execute(statement, values, execution_options={"pipeline_commit": True}).one_or_none()
    db.commit()
    return row


def _writes(request: Request) -> bool:
    """Tells whether the request's route takes a WriteSession. The answer is kept by its endpoint."""
    endpoint = request.scope["endpoint"]
    if endpoint not in _writing:
        _writing[endpoint] = _depends_on(_committed, request.scope["route"].dependant)
    return _writing[endpoint]


def _depends_on(call: Any, dependant: Dependant) -> bool:
    return dependant.call is call or any(_depends_on(call, each) for each in dependant.dependencies)


def _commit(session: Session) -> None:
    """Commits. If one row is still to be written, COMMIT travels with it: one round trip for both."""
    if len(session.dirty) + len(session.deleted) == 1 and not session.new:
        session.connection().execution_options(pipeline_commit=True)
    session.commit()


def execute_deferred(db: Session, statement: Executable) -> None:
    """Executes a statement without a result, together with the next one or with COMMIT.

    That one raises its errors, so before the answer goes out.
    """
    db.execute(statement, execution_options={"deferred": True, "synchronize_session": False})


def get_or_404[T](db: Session, statement: Select[T]) -> T:
    """Returns the one row that `statement` selects. Errors: `<resource>_not_found`, named after its model."""
    row = db.scalars(statement).one_or_none()
    if row is None:
        model = statement.column_descriptions[0]["entity"]
        raise NotFound(re.sub("(?<=[a-z])(?=[A-Z])", "_", model.__name__).lower())
    return row
