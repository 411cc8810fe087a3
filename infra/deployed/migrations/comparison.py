"""Compares a database with the migrations and the models."""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from shared.models import map_all

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from infra.deployed.migrations import HERE, owner_engine


@dataclass(frozen=True)
class Comparison:
    """`current`: the database's revision, if any. `unknown`: True if no migration here has it.

    `pending`: the revisions that the database lacks. `differences`: the changes that a migration from the
    database to the models would make, computed only if nothing is pending.
    """

    newest: str
    current: str | None = None
    unknown: bool = False
    pending: list[str] = field(default_factory=list)
    differences: list[str] = field(default_factory=list)


def options(abandoned: Collection[str]) -> dict[str, Any]:
    """Returns Alembic's options of a comparison that passes over these tables of the database."""
    return {
        "compare_server_default": True,
        "include_name": lambda name, kind, _: kind != "table" or name not in abandoned,
    }


def compare(owner_url: str, abandoned: Collection[str] = ()) -> Comparison:
    """`abandoned`: the tables that no model declares and a later migration drops."""
    scripts = ScriptDirectory(str(HERE))
    known = [script.revision for script in scripts.walk_revisions()]  # newest first
    with owner_engine(owner_url).connect() as db:
        context = MigrationContext.configure(db, opts=options(abandoned))
        current = context.get_current_revision()
        if current is not None and current not in known:
            return Comparison(known[0], current, unknown=True)
        pending = known[: known.index(current)] if current else known
        changes = [] if pending else compare_metadata(context, map_all())
    return Comparison(known[0], current, False, pending[::-1], [_in_words(each) for each in changes])


def _in_words(change: Any) -> str:
    """Returns `add column items.colour`. Alembic gives a tuple a change, or a list of them for a column."""
    if isinstance(change, list):
        return ", ".join(_in_words(each) for each in change)
    match change:
        case ("add_column" | "remove_column" as kind, _, table, column):
            name = f"{table}.{column.name}"
        case (kind, _, str(table), str(column), *_):
            name = f"{table}.{column}"
        case (kind, thing, *_):
            name = str(thing.name)
    return f"{kind.replace('_', ' ')} {name}"
