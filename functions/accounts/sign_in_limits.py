"""The limits of sign-in: by address, as of every route, and by account, against guesses from many addresses.

Nobody can lock an account out: past its limit only addresses that never signed in to it are refused.
The windows are Redis's or, without it, Postgres's, for memories would admit the limit in each environment.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from hashlib import blake2b

from shared.database import execute_deferred
from shared.database.engines import engine
from shared.database.sessions import execute_and_commit
from shared.http.client_address import caller_address
from shared.http.rate_limit import Event, enforce, window_of
from shared.models.sign_in import SignInAddress, SignInWindow
from shared.models.users import User
from shared.redis.sliding_windows import WINDOW, Verdict, shared_windows
from shared.runtime.settings import settings

from fastapi import Request
from sqlalchemy import (
    CTE,
    ColumnElement,
    Update,
    delete,
    exists,
    func,
    select,
    text,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

ADDRESS_TTL = timedelta(days=365)  # since an address last signed in
PURGE_BATCH = 2  # expired rows deleted per new one, so that the tables shrink without a scheduler

COUNT = text("""
    WITH swept AS (
        DELETE FROM sign_in_windows WHERE key IN (
            SELECT key FROM sign_in_windows WHERE expires_at < now() AND key <> :key LIMIT :sweep
            FOR UPDATE SKIP LOCKED))
    INSERT INTO sign_in_windows AS kept (key, calls, admitted, expires_at)
    VALUES (:key, ARRAY[now()], true, now() + CAST(:window AS interval))
    ON CONFLICT (key) DO UPDATE SET (calls, admitted, expires_at) = (
        SELECT CASE WHEN count(*) < :limit THEN array_append(array_agg(call ORDER BY call), now())
                    ELSE array_agg(call ORDER BY call) END,
               count(*) < :limit,
               now() + CAST(:window AS interval)
        FROM unnest(kept.calls) AS call WHERE call > now() - CAST(:window AS interval))
    RETURNING admitted, cardinality(calls) AS counted, now() AS at,
              CAST(extract(epoch FROM calls[1] + CAST(:window AS interval) - now()) AS float) AS frees_in
""")


def by_address(event: Event) -> Verdict | None:
    """SIGN_IN_RATE_LIMIT calls of a route by one address; in Postgres, the count is committed by itself."""
    limit = settings().sign_in_rate_limit
    if not limit:
        return None
    key, windows = window_of(event), shared_windows()
    verdict = windows.count(key, limit) if windows else None
    if verdict is None:
        with Session(engine()) as db:
            verdict, _ = _count_and_commit(db, key, limit)
    return verdict


class Attempt:
    """A sign-in to the account of a name, from an address."""

    def __init__(self, request: Request) -> None:
        self._scope = request.scope
        self._address = _digest(caller_address(request.scope["aws.event"]))
        self._take_back: Callable[[Session], object] | None = None

    def is_known(self) -> ColumnElement[bool]:
        """Whether the address has signed in to the account of the user that is selected."""
        return exists().where(SignInAddress.user_id == User.id, SignInAddress.address == self._address)

    def count(self, db: Session, name: str) -> None:
        """Count it, once, as the failure that it may become, and commit that. Errors: RateLimited."""
        limit = settings().sign_in_rate_limit
        if not limit or self._take_back is not None:
            return
        key, windows = f"sign-ins:{_digest(name).hex()}", shared_windows()
        verdict = windows.count(key, limit) if windows else None
        if windows and verdict:
            call = verdict.call
            self._take_back = lambda db: windows.take_back(key, call)
        else:
            verdict, at = _count_and_commit(db, key, limit)
            self._take_back = lambda db: execute_deferred(db, _without(key, at))
        if not verdict.is_admitted:
            enforce(self._scope, verdict)

    def succeed(self, db: Session, user_id: int) -> None:
        """It was no failure, and the address is known from now on."""
        if self._take_back is not None:
            self._take_back(db)
        if settings().sign_in_rate_limit:
            seen = {"expires_at": func.now() + ADDRESS_TTL}
            row = insert(SignInAddress).values(user_id=user_id, address=self._address, **seen)
            key = [SignInAddress.user_id, SignInAddress.address]
            execute_deferred(db, row.on_conflict_do_update(index_elements=key, set_=seen).add_cte(_sweep()))


def _count_and_commit(db: Session, key: str, limit: int) -> tuple[Verdict, datetime]:
    values = {"key": _digest(key), "limit": limit, "window": timedelta(seconds=WINDOW), "sweep": PURGE_BATCH}
    found = execute_and_commit(db, COUNT, values)
    call = str(found.at) if found.admitted else ""
    return Verdict(limit, found.counted, found.frees_in, call), found.at


def _without(key: str, call: datetime) -> Update:
    calls = func.array_remove(SignInWindow.calls, call)
    return update(SignInWindow).where(SignInWindow.key == _digest(key)).values(calls=calls)


def _sweep() -> CTE:
    columns = (SignInAddress.user_id, SignInAddress.address)
    expired = select(*columns).where(SignInAddress.expires_at < func.now()).limit(PURGE_BATCH)
    gone = tuple_(*columns).in_(expired.with_for_update(skip_locked=True))
    return delete(SignInAddress).where(gone).cte("expired")


def _digest(text: str) -> bytes:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
