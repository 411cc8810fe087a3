"""Category names and ISBNs are unique by their keys.

The constraints keep their names, by which the release before this one answers a violation with 400. Until
it is gone its `?isbn=` reads the whole table.
"""

import logging

from alembic import op
from sqlalchemy import text

revision = "0012"
down_revision = "0011"

SHARED = {
    "categories": r"SELECT id FROM categories WHERE name_key LIKE E'%\x1F%' ORDER BY id",
    "books": "SELECT id FROM books WHERE isbn_key <> isbn_key(isbn) ORDER BY id",
}


def upgrade() -> None:
    _list_shared()  # first, since the swap below locks out all readers until this transaction ends
    for table, column in (("categories", "name"), ("books", "isbn")):
        op.drop_constraint(f"uq_{table}_{column}", table)
        name = f"uq_{table}_{column}"
        op.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} UNIQUE USING INDEX {name}_key")


def _list_shared() -> None:
    if op.get_context().as_sql:
        return
    for table, shared in SHARED.items():
        if ids := op.get_bind().scalars(text(shared)).all():
            listed = ", ".join(map(str, ids))
            logging.getLogger(__name__).warning(
                "These %s share their name or ISBN with another and keep it: %s", table, listed
            )


def downgrade() -> None:
    for table, column in (("categories", "name"), ("books", "isbn")):
        op.drop_constraint(f"uq_{table}_{column}", table)
        op.create_unique_constraint(f"uq_{table}_{column}", table, [column])
        op.create_index(f"uq_{table}_{column}_key", table, [f"{column}_key"], unique=True)
