"""Upgrades or resets the schema, and explains why it cannot."""

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from infra.deployed.migrations import in_words, owner_engine, upgrade
from infra.deployed.migrations.bootstrap import create_roles
from infra.deployed.migrations.comparison import Comparison, compare
from infra.domains import abandoned_tables
from infra.emulator.command_error import CommandError
from infra.local.command import step

NAMES = 5  # differences named in a message


def migrate(owner_url: str) -> Comparison:
    """Upgrades to the newest revision. Errors: CommandError, also for a database ahead of the code."""
    try:
        found = compare(owner_url, abandoned_tables())
        applied = found.pending
        if found.unknown:
            raise CommandError(in_another_branch(found))
        if applied:
            upgrade(owner_url)
            found = compare(owner_url, abandoned_tables())
    except (SQLAlchemyError, OSError) as error:
        raise CommandError(f"the migration failed: {in_words(error)}") from None
    step("migrations", f"at {found.newest}" + (f", applied {', '.join(applied)}" if applied else ""))
    if found.differences:
        step("migrations", differ(found.differences))
    return found


def in_another_branch(found: Comparison) -> str:
    return (
        f"the database is at revision {found.current}, which no migration here creates"
        f" (the newest is {found.newest})\n"
        "  another branch created it: check that branch out, or use another DATA_DIR: DATA_DIR=.local-other\n"
        "  make reset empties the stack's own database and applies the migrations here"
    )


def differ(differences: list[str]) -> str:
    more = f" and {len(differences) - NAMES} more" if len(differences) > NAMES else ""
    named = ", ".join(differences[:NAMES])
    return f"the models differ from the database ({named}{more}): run make revision MESSAGE=..."


def reset(owner_url: str) -> None:
    """Empties the database and makes its schema anew. Errors: CommandError."""
    try:
        with owner_engine(owner_url).begin() as db:
            db.execute(text("SET LOCAL lock_timeout = '10s'"))
            db.execute(text("DROP SCHEMA public CASCADE"))
            db.execute(text("CREATE SCHEMA public"))
    except (SQLAlchemyError, OSError) as error:
        raise CommandError(f"nothing was emptied: {in_words(error)}") from None
    create_roles(owner_url)
    step("database", "emptied")
    migrate(owner_url)
