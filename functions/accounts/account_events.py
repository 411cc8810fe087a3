"""Records account events: what a user, or an admin, wants to see when an account may be in foreign hands."""

from datetime import timedelta

from shared.database import execute_deferred
from shared.database.sessions import execute_and_commit
from shared.http.client_address import caller_address
from shared.models.account_events import AccountEvent, AddressKey

from fastapi import Request
from sqlalchemy import CTE, Insert, LargeBinary, delete, func, insert, literal, select
from sqlalchemy.orm import Session

from accounts.schemas import EventKind

LIFETIME = timedelta(days=365)
PURGE_BATCH = 2  # expired events deleted per new one, so that the table shrinks without a scheduler


def record(db: Session, request: Request, kind: EventKind, user_id: int, by: int | None) -> None:
    """Records an event with the request's own transaction, without a round trip. `by`: the actor's id."""
    execute_deferred(db, _event(request, kind, user_id, by))


def record_failed_sign_in(db: Session, request: Request, user_id: int | None) -> None:
    """Records and commits a failed sign-in in one round trip, the same for a name that nobody has.

    `db` has written nothing before.
    """
    execute_and_commit(db, _event(request, "sign_in_failed", user_id, None).returning(AccountEvent.id), {})


def _event(request: Request, kind: EventKind, user_id: int | None, by: int | None) -> Insert:
    address = literal(caller_address(request.scope["aws.event"]).encode(), LargeBinary)
    row = insert(AccountEvent).values(
        kind=kind,
        user_id=user_id,
        actor_id=by,
        address=select(func.sha256(AddressKey.key.op("||")(address))).scalar_subquery(),
        request_id=request.scope["aws.request_id"],
    )
    return row.add_cte(_purge())


def _purge() -> CTE:
    expired = select(AccountEvent.id).where(AccountEvent.at < func.now() - LIFETIME).limit(PURGE_BATCH)
    gone = AccountEvent.id.in_(expired.with_for_update(skip_locked=True))
    return delete(AccountEvent).where(gone).cte("expired")
