"""What Alembic runs for each command: one transaction, on a direct connection, one migration at a time."""

from typing import Any

from shared.models import map_all

from alembic import context
from sqlalchemy import text

from infra.migrations import owner_engine
from infra.migrations.bootstrap import MIGRATION_ROLE


def leave_out_empty(_: Any, __: Any, revisions: list[Any]) -> None:
    """No file for a revision that would do nothing."""
    if revisions[0].upgrade_ops.is_empty():
        revisions.clear()


LOCK = 0x726F757465776973  # "routewis": any number that nobody else locks

with owner_engine(context.config.attributes["url"]).begin() as connection:
    # A migration that ran out of time has closed its end: its statement ends with it.
    connection.execute(text("SET LOCAL client_connection_check_interval = '2s'"))
    connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
    # While an ALTER TABLE waits for its lock, every query behind it waits too: rather fail, and try again.
    connection.execute(text("SET LOCAL lock_timeout = '10s'"))
    owner = text("SELECT pg_get_userbyid(nspowner) FROM pg_namespace WHERE nspname = 'public'")
    if connection.scalar(owner) == MIGRATION_ROLE:  # a database without our roles works too
        connection.execute(text(f"SET LOCAL ROLE {MIGRATION_ROLE}"))
    context.configure(
        connection=connection,
        target_metadata=map_all(),
        compare_server_default=True,
        process_revision_directives=leave_out_empty,
    )
    context.run_migrations()
