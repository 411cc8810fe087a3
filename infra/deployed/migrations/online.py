"""Changes a table in use without making its callers wait.

A revision that calls these functions does nothing else: each of their statements commits by itself. A
revision that did not get a lock runs again from its start (`infra.deployed.migrations.upgrade`).
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from alembic import op
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

# Calls wait behind a migration that waits for a lock, and as long. Shorter than deadlock_timeout (1 s), so
# that the migration gives way where it and a call wait for each other.
LOCK_TIMEOUT = "500ms"
BATCH = 2_000  # rows, locked until the batch is committed
ATTEMPTS = 5  # of a batch, against rows that are written at the same time
BATCHED = "/* in batches */"


def create_index(name: str, table: str, columns: Sequence[Any], **options: Any) -> None:
    """Creates an index while callers read and write the table. `options` are those of `op.create_index`."""
    with _unhurried():
        _drop(name, table)  # an interrupted CREATE INDEX leaves an invalid one
        op.create_index(name, table, columns, postgresql_concurrently=True, **options)


def drop_index(name: str, table: str) -> None:
    with _unhurried():
        _drop(name, table)


def in_batches(update: str, table: str, key: str = "id") -> None:
    """Runs an UPDATE over the whole table, some thousand rows at a time; `update` ends with its WHERE.

        in_batches("UPDATE books SET name = title WHERE name IS NULL", "books")

    The key is a positive integer. A trigger or the application must handle rows written meanwhile. Where one
    of these took a unique value first, the batch runs again and sees that row.
    """

    def batch(after: int) -> str:
        return f"{update} AND {key} > {after} AND {key} <= {after + BATCH} {BATCHED}"

    if op.get_context().as_sql:
        op.execute(batch(0))
        return
    with _autocommit():
        last = op.get_bind().scalar(text(f"SELECT max({key}) FROM {table}")) or 0  # noqa: S608
        for after in range(0, last, BATCH):
            _repeat(batch(after))


def _repeat(statement: str) -> None:
    for _ in range(ATTEMPTS - 1):
        with suppress(IntegrityError):
            op.execute(statement)
            return
    op.execute(statement)


@contextmanager
def _unhurried() -> Iterator[None]:
    """Runs each statement by itself and without a timeout: nobody waits behind a CONCURRENTLY."""
    with _autocommit():
        op.execute("SET lock_timeout = 0")
        try:
            yield
        finally:
            op.execute(f"SET lock_timeout = '{LOCK_TIMEOUT}'")


@contextmanager
def _autocommit() -> Iterator[None]:
    with op.get_context().autocommit_block():
        if not op.get_context().as_sql:
            # Alembic has just read the isolation level, for which pg8000 began a transaction.
            op.get_bind().connection.rollback()
        yield


def _drop(name: str, table: str) -> None:
    op.drop_index(name, table, if_exists=True, postgresql_concurrently=True)
