"""Rules over the schema and over what routes do to rows: a sentence per fault."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from shared.database.engines import close_connections

import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from infra.deployed.migrations.bootstrap import APP_ROLE, TIMEOUTS
from infra.deployed.migrations.comparison import options
from infra.domains import abandoned_tables
from tests.sample.models import SampleBase
from tests.support.sample_calls import TABLE, World, samples
from tests.support.statements import recorded

UNTOLD = {"uq_users_issuer_subject"}  # its rows are inserted ON CONFLICT DO NOTHING

FOREIGN_KEYS = sa.text("""
    SELECT conrelid::regclass::text AS table, confrelid::regclass::text AS other,
        (SELECT array_agg(attname::text ORDER BY ordinality) FROM unnest(conkey) WITH ORDINALITY
            JOIN pg_attribute ON attrelid = conrelid AND attnum = unnest) AS columns
    FROM pg_constraint
    WHERE contype = 'f' AND NOT EXISTS (
        SELECT FROM pg_index WHERE indrelid = conrelid AND indpred IS NULL
            AND (indkey::int2[])[0:cardinality(conkey) - 1] = conkey)
    ORDER BY 1, 3
""")


def foreign_keys_have_an_index(db: sa.Connection) -> Iterator[str]:
    """Else to delete what they point to reads the whole table."""
    for row in db.execute(FOREIGN_KEYS):
        columns = ", ".join(row.columns)
        yield (
            f"{row.table}.{columns} points to {row.other}, and no index begins with it:"
            f' add Index(None, "{columns}") to its model, and a migration'
        )


def models_have_their_migration(db: sa.Connection, models: sa.MetaData) -> Iterator[str]:
    others = {*abandoned_tables(), *SampleBase.metadata.tables}
    context = MigrationContext.configure(db, opts=options(others) | {"compare_type": True})
    for difference in compare_metadata(context, models):
        what, *rest = difference[0] if isinstance(difference, list) else difference
        named = " ".join(str(getattr(each, "name", each)) for each in rest if each is not None)
        yield f"no migration makes what the models say ({what} {named}): make revision MESSAGE=…"


def checks_say_how_they_are_answered(models: sa.MetaData) -> Iterator[str]:
    """Else a value that a check refuses is 500."""
    for table in models.sorted_tables:
        for constraint in table.constraints:
            if isinstance(constraint, sa.CheckConstraint) and "invalid" not in constraint.info:
                yield (
                    f"{table.name}: a value that the check {constraint.name} refuses has no answer:"
                    " give it info=invalid(field, message) of shared.models.base"
                )


def unique_values_have_their_code(models: sa.MetaData) -> Iterator[str]:
    """Else a value that is taken is 500."""
    for table in models.sorted_tables:
        unique = [each for each in table.constraints if isinstance(each, sa.UniqueConstraint)]
        for constraint in unique:
            if "taken" not in constraint.info and constraint.name not in UNTOLD:
                columns = ", ".join(f'"{column.name}"' for column in constraint.columns)
                yield (
                    f"{table.name}: a value that is taken has no code:"
                    f" UniqueConstraint({columns}, info=taken(…))"
                )


@contextmanager
def impatient(db: sa.Connection) -> Iterator[None]:
    """The app waits 20 ms for a lock."""
    _wait_for_locks(db, "20ms")
    try:
        yield
    finally:
        _wait_for_locks(db, TIMEOUTS["lock_timeout"])


def _wait_for_locks(db: sa.Connection, timeout: str) -> None:
    db.rollback()
    db.execute(sa.text(f"ALTER ROLE {APP_ROLE} SET lock_timeout = '{timeout}'"))
    db.commit()
    close_connections()  # a new one asks its role


def changes_lock_their_row(world: World, operation: str) -> Iterator[str]:
    """Nothing can be locked while the rows are only read: an answer to a stale version compared none."""
    row, path = TABLE[operation], world.path(samples()[operation].path)
    body, stale = world.body(operation), {"If-Match": '"stale"'}
    tables = [f"public.{name}" for name in sa.inspect(world.db).get_table_names()]
    with impatient(world.db):
        world.db.execute(sa.text(f"LOCK TABLE {', '.join(tables)} IN EXCLUSIVE MODE"))
        answer = world.admin.call(row["method"], path, json=body, headers=stale)
    if answer.status != 503:
        yield f"{operation} compares a row that it has not locked: read it .with_for_update()"


def lists_follow_an_index(world: World, operation: str) -> Iterator[str]:
    sample = samples()[operation]
    path = world.path(sample.path)
    for _ in range(3):
        assert sample.rows is not None
        sample.rows.add(world, path)
    link = world.admin.get(f"{path}?limit=1").headers["link"]
    with recorded() as sent:
        assert world.admin.get(link.partition(">")[0].lstrip("<")).status == 200
    pages = [(statement, parameters) for statement, parameters in sent if "LIMIT" in statement]
    assert pages, f"{operation} reads no page"
    for statement, parameters in pages:
        if not _is_by_index(_page(_plan(world.db, statement, parameters))):
            yield (
                f"{operation} finds its page without an index: add one that begins with what the list is"
                " filtered by and ends with its key"
            )


def _plan(db: sa.Connection, statement: str, parameters: Any) -> dict[str, Any]:
    """Returns the plan without sequential scans and sorts, which Postgres prefers for so few rows."""
    for name in ("enable_seqscan", "enable_sort", "enable_bitmapscan", "enable_hashjoin", "enable_mergejoin"):
        db.execute(sa.text(f"SET LOCAL {name} = off"))
    [plan] = db.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {statement}", parameters).scalar_one()
    return plan["Plan"]


def _page(node: dict[str, Any]) -> dict[str, Any]:
    """Returns the plan's outermost limit. Joins for shown values may be on either side of it."""
    [limit] = _limits(node)
    return limit


def _limits(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yields the outermost limits."""
    if node["Node Type"] == "Limit":
        yield node
    else:
        for each in node.get("Plans", []):
            yield from _limits(each)


def _is_by_index(node: dict[str, Any]) -> bool:
    """True if the index delivers rows in order and without filtering any, followed along the page's rows."""
    if node["Node Type"] in ("Sort", "Incremental Sort", "Seq Scan"):
        return False
    if "Index" in node["Node Type"]:
        return "Filter" not in node
    [first, *_] = node["Plans"]
    return _is_by_index(first)


def tables_of_users_say_what_is_exported(models: sa.MetaData) -> Iterator[str]:
    """Else rows of a user are missing from their export, and nobody notices."""
    for table in models.sorted_tables:
        names_users = any(key.referred_table.name == "users" for key in table.foreign_key_constraints)
        if names_users and not table.info.keys() & {"exported", "not_exported"}:
            yield (
                f"{table.name}: its rows name a user, and no export shows them: end its __table_args__ with"
                " exported(kind, columns…), or not_exported(reason), of shared.models.base"
            )


def rows_go_with_their_user(models: sa.MetaData) -> Iterator[str]:
    """Else the rows of a deleted user stay."""
    for table in models.sorted_tables:
        for key in table.foreign_key_constraints:
            if key.referred_table.name == "users" and key.ondelete not in ("CASCADE", "SET NULL"):
                columns = ", ".join(f'"{column.name}"' for column in key.columns)
                yield (
                    f"{table.name}: a deleted user's rows stay: give the foreign key of {columns}"
                    ' ondelete="CASCADE", or "SET NULL" for what others share'
                )
