"""The rows of all domains that are a user's, as their tables declare it (`shared.models.base.exported`)."""

from functools import cache
from typing import Any

from shared.database.pages import Page
from shared.models import map_all
from shared.models.base import Export
from shared.models.users import User

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    DateTime,
    Select,
    String,
    Subquery,
    Table,
    column,
    false,
    func,
    literal,
    select,
    tuple_,
    union_all,
)

KEY = (column("kind", String(50)), column("first", BigInteger), column("second", BigInteger))
TIME = 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'


@cache
def tables() -> list[Table]:
    """Returns the tables of all domains whose rows an export shows."""
    return [table for table in map_all().sorted_tables if "exported" in table.info]


def select_export(user_id: int, page: Page) -> Subquery:
    """The columns of ExportedOut and KEY, of as many rows of each table as the page can need."""
    position = page.position(KEY)
    parts = (_part(table, user_id, position).limit(page.rows_needed) for table in tables())
    return union_all(*parts).subquery("export")


def _part(table: Table, user_id: int, position: tuple[Any, ...] | None) -> Select[*tuple[Any, ...]]:
    """The user's rows of one table after the position. An index delivers them by owner and key."""
    export: Export = table.info["exported"]
    owner, parent = _owner_and_parent(table)
    # A row's key is its primary key without the user's id; below a parent, the parent's and its own.
    own_key = [each for each in table.primary_key if each is not owner]
    key = own_key if parent is None else [parent, *own_key]
    first, second = [*key, *[literal(0, BigInteger)] * 2][:2]
    names = export.columns or [each.name for each in table.c if each is not owner or parent is not None]
    data = func.json_build_object(*(each for name in names for each in (name, _shown(table.c[name]))))
    part = (
        select(
            literal(export.kind, String(50)).collate("C").label("kind"),
            data.label("data"),
            first.label("first"),
            second.label("second"),
        )
        .select_from(table if parent is None else table.join(parent.table, owner == parent))
        .where((owner if parent is None else _owner_and_parent(parent.table)[0]) == user_id)
        .order_by(first.desc(), second.desc())
    )
    if position is None or export.kind < position[0]:
        return part
    if export.kind > position[0]:
        return part.where(false())
    values = [literal(value, BigInteger) for value in position[1:]]
    # An index can answer the first condition alone where the key is of two tables.
    return part.where(first <= values[0], tuple_(first, second) < tuple_(*values))


def _owner_and_parent(table: Table) -> tuple[Column[Any], Column[Any] | None]:
    """The table's owner column, and the column that it points to, None for the user's id."""
    owner = table.c[table.info["exported"].owner]
    parents = (key.column for key in owner.foreign_keys if key.column.table.name != User.__tablename__)
    return owner, next(parents, None)


def _shown(each: ColumnElement[Any]) -> ColumnElement[Any]:
    """The value as in every other answer: a time in UTC."""
    if isinstance(each.type, DateTime):
        return func.to_char(func.timezone("UTC", each), TIME)
    return each
