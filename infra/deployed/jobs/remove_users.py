"""Removes the likes, retweets and follows that name deleted users, in batches.

Tables declare such columns themselves (`removed_later`), so this module knows no domain.
"""

from datetime import timedelta
from typing import Any

from shared.database.engines import engine
from shared.models import map_all
from shared.models.idempotency import IdempotencyRecord
from shared.models.users import leaving_users
from shared.runtime.observability import logger

from sqlalchemy import Column, ColumnClause, Table, any_, delete, func, literal_column, select
from sqlalchemy.orm import Session

BATCH = 500  # rows of one transaction
RESERVE = 20_000  # milliseconds kept for the last batch
SETTLED = timedelta(minutes=2)  # an environment may know the caller for 30 s, and a call lasts 20 s at most


def handler(event: object, context: Any) -> dict[str, int]:
    """Returns the number of users of whom no row is left, and of those who are left for the next time."""
    with Session(engine()) as db:
        leaving = db.scalars(select(leaving_users.c.user_id).order_by(leaving_users.c.deleted_at)).all()
        db.rollback()
        gone = sum(_remove_user(db, context, user_id) for user_id in leaving)
    return {"gone": gone, "left": len(leaving) - gone}


def _remove_user(db: Session, context: Any, user_id: int) -> bool:
    """Removes the rows that name the user. Returns True if there can be no more of them."""
    for table in map_all().sorted_tables:
        for name in table.info.get("removed_later", ()):
            if not _remove(db, context, table, table.c[name], user_id):
                return False
    db.execute(delete(IdempotencyRecord).where(IdempotencyRecord.caller == str(user_id)))
    left = delete(leaving_users).where(leaving_users.c.user_id == user_id)
    settled = left.where(leaving_users.c.deleted_at < func.now() - SETTLED)
    is_gone = db.scalar(settled.returning(leaving_users.c.user_id)) is not None
    db.commit()
    if is_gone:
        logger().info("No row names a deleted user any longer", user=user_id)
    return is_gone


def _remove(db: Session, context: Any, table: Table, column: Column[Any], user_id: int) -> bool:
    """Removes the rows that have the user's id there. Returns False if no time is left."""
    place: ColumnClause[Any] = literal_column("ctid")
    rows = select(place).select_from(table).where(column == user_id).limit(BATCH).with_for_update()
    batch = delete(table).where(place == any_(func.array(rows.scalar_subquery())))
    removed = BATCH
    while removed == BATCH:
        if context.get_remaining_time_in_millis() < RESERVE:
            return False
        removed = db.connection().execute(batch).rowcount
        db.commit()
    return True
