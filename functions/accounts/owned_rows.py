"""The removal of the rows that go with a user's, in batches.

It follows the foreign keys that cascade, so it knows no domain.
"""

from typing import Any

from shared.database.sessions import commit_early
from shared.http.errors import ServiceUnavailable
from shared.models import map_all
from shared.models.users import User

from fastapi import Request
from sqlalchemy import (
    ColumnClause,
    ColumnElement,
    ForeignKeyConstraint,
    Select,
    Table,
    any_,
    delete,
    func,
    literal_column,
    select,
)
from sqlalchemy.orm import Session

BATCH = 2_000  # rows of one statement
TRANSACTION = 20_000  # rows, locked until the commit
MIN_TIME_LEFT_MS = 5_000  # for the last batch, and for what follows


def remove_rows(db: Session, request: Request, user_id: int) -> bool:
    """Removes the rows. Returns True if there were so many that it committed on the way: the locks are gone.

    What it has committed stays removed if the request fails. Errors: ServiceUnavailable, if there are more
    than the request has time for: a repetition goes on from there.
    """
    map_all()
    removal = _Removal(db, request)
    for reference in _references(User.metadata.tables[User.__tablename__]):
        [column] = reference.columns
        removal.remove(reference.table, column == user_id)
    return removal.has_committed


class _Removal:
    has_committed = False

    def __init__(self, db: Session, request: Request) -> None:
        self._db, self._context = db, request.scope["aws.context"]
        self._uncommitted = 0

    def remove(self, table: Table, condition: ColumnElement[bool]) -> None:
        """Removes the rows that meet the condition, each batch after the rows that name one of it."""
        removed = BATCH
        while removed == BATCH:
            if self._context.get_remaining_time_in_millis() < MIN_TIME_LEFT_MS:
                raise ServiceUnavailable("So many rows take more than one call: repeat it")
            for reference in _references(table):
                [column], [key] = reference.columns, table.primary_key
                self.remove(reference.table, column.in_(_first(table, key, condition)))
            place: ColumnClause[Any] = literal_column("ctid")
            rows = _first(table, place, condition).with_for_update().scalar_subquery()
            batch = delete(table).where(place == any_(func.array(rows)))
            removed = self._db.connection().execute(batch).rowcount
            self._count(removed)

    def _count(self, removed: int) -> None:
        self._uncommitted += removed
        if self._uncommitted >= TRANSACTION:
            commit_early(self._db)
            self._uncommitted, self.has_committed = 0, True


def _first(table: Table, column: ColumnElement[Any], condition: ColumnElement[bool]) -> Select[Any]:
    """The column of the first batch. The order makes it the same one for the rows that name its rows."""
    rows = select(column).select_from(table).where(condition).limit(BATCH)
    return rows.order_by(*table.primary_key) if _references(table) else rows


def _references(table: Table) -> list[ForeignKeyConstraint]:
    """Returns the foreign keys whose rows go with the table's."""
    keys = (key for each in table.metadata.sorted_tables for key in each.foreign_key_constraints)
    return [key for key in keys if key.referred_table is table and key.ondelete == "CASCADE"]
