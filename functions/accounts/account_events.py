"""Account events: what a user, or an admin, wants to see when an account may be in foreign hands."""

from typing import Any

from shared.database import execute_deferred
from shared.database.sessions import execute_and_commit
from shared.http.event import caller_address
from shared.models.account_events import AccountEvent, AddressKey

from fastapi import Request
from sqlalchemy import Insert, LargeBinary, Select, func, insert, literal, select
from sqlalchemy.orm import Session

from accounts.schemas import EventKind


def record(db: Session, request: Request, kind: EventKind, user_id: int, by: int | None) -> None:
    """Records an event with the request's own transaction, without a round trip. `by`: the actor's id."""
    with db.no_autoflush:  # a change of one row still travels with COMMIT
        execute_deferred(db, _event(request, kind, user_id, by).inline())  # a returned id would not wait


def record_failed_sign_in(db: Session, request: Request, user_id: int | None) -> None:
    """Records and commits a failed sign-in in one round trip, the same for a name that nobody has.

    `db` has written nothing before.
    """
    execute_and_commit(db, _event(request, "sign_in_failed", user_id, None).returning(AccountEvent.id), {})


def select_events(user_id: int) -> Select[*tuple[Any, ...]]:
    """Returns the statement that selects the columns of a user's AccountEventOut."""
    event = (AccountEvent.id, AccountEvent.kind, AccountEvent.at, AccountEvent.request_id)
    return select(*event, AccountEvent.actor_id.label("by")).where(AccountEvent.user_id == user_id)


def _event(request: Request, kind: EventKind, user_id: int | None, by: int | None) -> Insert:
    address = literal(caller_address(request.scope["aws.event"]).encode(), LargeBinary)
    return insert(AccountEvent).values(
        kind=kind,
        user_id=user_id,
        actor_id=by,
        address=select(func.sha256(AddressKey.key.op("||")(address))).scalar_subquery(),
        request_id=request.scope["aws.request_id"],
    )
