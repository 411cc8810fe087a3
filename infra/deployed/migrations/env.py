"""Alembic's environment: runs one command at a time, and each revision in a transaction."""

import time
from typing import Any

from shared.models import map_all

from alembic import context
from sqlalchemy import Connection, text

from infra.deployed.migrations import owner_engine
from infra.deployed.migrations.bootstrap import MIGRATION_ROLE
from infra.deployed.migrations.online import LOCK_TIMEOUT

LOCK = 0x726F757465776973  # "routewis": any number that nobody else locks
POLL = 0.2  # seconds
SETTINGS = {
    # The statement of a migration that ran out of time ends when its client closes the connection.
    "client_connection_check_interval": "2s",
    "lock_timeout": LOCK_TIMEOUT,
}


def take_turns(connection: Connection) -> None:
    """Polls for the lock: CREATE INDEX CONCURRENTLY waits for every session that waits in a statement."""
    while not connection.scalar(text("SELECT pg_try_advisory_lock(:lock)"), {"lock": LOCK}):
        connection.rollback()
        time.sleep(POLL)


def leave_out_empty(_: Any, __: Any, revisions: list[Any]) -> None:
    """Writes no file for a revision without changes."""
    if revisions[0].upgrade_ops.is_empty():
        revisions.clear()


with owner_engine(context.config.attributes["url"]).connect() as connection:
    for name, value in SETTINGS.items():
        connection.execute(text(f"SET {name} = '{value}'"))
    take_turns(connection)
    owner = text("SELECT pg_get_userbyid(nspowner) FROM pg_namespace WHERE nspname = 'public'")
    if connection.scalar(owner) == MIGRATION_ROLE:  # a database without our roles works too
        connection.execute(text(f"SET ROLE {MIGRATION_ROLE}"))
    connection.commit()
    context.configure(
        connection=connection,
        target_metadata=map_all(),
        compare_server_default=True,
        process_revision_directives=leave_out_empty,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()
