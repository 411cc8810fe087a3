"""Deletes rows that have expired, in batches, so that no request does."""

from datetime import timedelta
from typing import Any

from shared.database.engines import engine
from shared.models.account_events import LIFETIME as EVENT_LIFETIME
from shared.models.account_events import AccountEvent
from shared.models.base import Base
from shared.models.idempotency import LIFETIME, IdempotencyRecord
from shared.models.jobs import Job
from shared.models.mail import MailToken
from shared.models.sign_in import RefreshFamily, SignInAddress, SignInWindow
from shared.runtime.observability import logger

from sqlalchemy import ColumnClause, ColumnElement, any_, delete, func, literal_column, select
from sqlalchemy.orm import Session

BATCH = 500  # rows of one transaction
RESERVE = 20_000  # milliseconds kept for the last batch
KEEP_DONE = timedelta(days=1)  # of jobs, for an operator who looks one up; the limit of mails needs an hour

EXPIRED: dict[type[Base], ColumnElement[bool]] = {
    IdempotencyRecord: IdempotencyRecord.created_at < func.now() - LIFETIME,
    SignInWindow: SignInWindow.expires_at < func.now(),
    SignInAddress: SignInAddress.expires_at < func.now(),
    RefreshFamily: RefreshFamily.expires_at < func.now(),  # with its tokens
    AccountEvent: AccountEvent.at < func.now() - EVENT_LIFETIME,
    MailToken: MailToken.expires_at < func.now(),
    Job: Job.done_at < func.now() - KEEP_DONE,
}


def handler(event: object, context: Any) -> dict[str, int]:
    """Returns the number of rows deleted from each table."""
    deleted = dict.fromkeys((model.__tablename__ for model in EXPIRED), 0)
    with Session(engine()) as db:
        for model, is_expired in EXPIRED.items():
            gone = BATCH
            while gone == BATCH and context.get_remaining_time_in_millis() > RESERVE:
                gone = _delete(db, model, is_expired)
                deleted[model.__tablename__] += gone
    if any(deleted.values()):
        logger().info("Expired rows are deleted", extra=deleted)
    return deleted


def _delete(db: Session, model: type[Base], is_expired: ColumnElement[bool]) -> int:
    """Deletes a batch and returns its size. Rows that a request holds wait for the next time."""
    place: ColumnClause[Any] = literal_column("ctid")
    rows = select(place).select_from(model).where(is_expired).limit(BATCH).with_for_update(skip_locked=True)
    statement = delete(model).where(place == any_(func.array(rows.scalar_subquery())))
    ended = db.connection().execute(statement)
    db.commit()
    return ended.rowcount
