"""A migration keeps nobody waiting, and waits for others as long as it must."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa

import infra.deployed.migrations
from infra.deployed.migrations import LOCK_PATIENCE, online
from migrate import handler
from tests.operations.conftest import CloudFormation
from tests.operations.databases import BUILD, committing, migration, rows

LOCK = 0x726F757465776973  # infra/deployed/migrations/env.py
WAITING = "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '{}%'"
COLUMN = migration("op.execute('ALTER TABLE things ADD COLUMN colour text')")
INDEX = "from infra.deployed.migrations.online import create_index\n" + migration(
    "create_index('uq_things_name', 'things', ['name'], unique=True)"
)
BACKFILL = "from infra.deployed.migrations.online import in_batches\n" + migration(
    """in_batches("UPDATE things SET description = 'new' WHERE description = ''", 'things')"""
)

pytestmark = pytest.mark.timeout(120, method="thread")  # the function has the alarm to itself


def insert(db: sa.Connection, *names: str) -> None:
    for name in names:
        db.execute(sa.text("INSERT INTO things (name, description) VALUES (:name, '')"), {"name": name})


@pytest.fixture
def things(url: str, later: Path, cloudformation: CloudFormation, monkeypatch: pytest.MonkeyPatch) -> str:
    """The URL of a database at 0001."""
    monkeypatch.setattr(infra.deployed.migrations, "PAUSE", 0)
    assert cloudformation.call(handler, "Create", **BUILD, Revision="0001")["Status"] == "SUCCESS"
    return url


@pytest.fixture
def holder(things: str) -> Iterator[sa.Connection]:
    """A transaction that has written to the table and does not end."""
    with sa.create_engine(things, poolclass=sa.NullPool).connect() as db:
        insert(db, "never committed")
        yield db


def wait_until(url: str, query: str) -> None:
    give_up = time.monotonic() + 30
    while not rows(url, query):
        assert time.monotonic() < give_up, query
        time.sleep(0.01)


def test_calls_go_on_while_a_transaction_holds_the_table(
    things: str, later: Path, holder: sa.Connection, cloudformation: CloudFormation
) -> None:
    later.write_text(COLUMN)

    def call_behind_the_migration_then_let_go() -> None:
        with committing(things) as db:
            db.execute(sa.text("SET lock_timeout = '1s'"))
            try:
                wait_until(things, WAITING.format("ALTER TABLE"))
                insert(db, "meanwhile")
            finally:
                holder.rollback()

    with ThreadPoolExecutor() as pool:
        called = pool.submit(call_behind_the_migration_then_let_go)
        answer = cloudformation.call(handler, "Update", **BUILD, Revision="0002")
        called.result()
    assert (answer["Status"], rows(things, "SELECT name, colour FROM things")) == (
        "SUCCESS",
        [("meanwhile", None)],
    )


def test_one_that_gets_no_lock_says_what_to_do(
    things: str,
    later: Path,
    holder: sa.Connection,
    cloudformation: CloudFormation,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    later.write_text(COLUMN)
    monkeypatch.setattr(infra.deployed.migrations, "LOCK_PATIENCE", 0)
    answer = cloudformation.call(handler, "Update", **BUILD, Revision="0002")
    assert answer["Reason"] == (
        "The migration to 0002 failed: for 0 seconds another transaction held what it changes; end that one"
        " (the oldest xact_start in pg_stat_activity), then try again"
    )
    assert LOCK_PATIENCE < 15 * 60, "what the function has"


def test_an_index_that_was_half_made_is_made_anew(
    things: str, later: Path, cloudformation: CloudFormation
) -> None:
    later.write_text(INDEX)
    valid = "SELECT indisvalid FROM pg_index WHERE indexrelid = 'uq_things_name'::regclass"
    with committing(things) as db:
        insert(db, "twice", "twice")
        assert cloudformation.call(handler, "Update", **BUILD, Revision="0002")["Status"] == "FAILED"
        assert rows(things, valid) == [(False,)]
        db.execute(sa.text("DELETE FROM things"))
    assert cloudformation.call(handler, "Update", **BUILD, Revision="0002")["Status"] == "SUCCESS"
    assert rows(things, valid) == [(True,)]


@pytest.mark.slow
def test_an_index_waits_for_whoever_writes_and_nobody_waits_for_it(
    things: str, later: Path, holder: sa.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(online, "LOCK_TIMEOUT", "50ms")  # for other locks
    later.write_text(INDEX)
    with ThreadPoolExecutor() as pool, committing(things) as db:
        migrated = pool.submit(infra.deployed.migrations.upgrade, things)
        try:
            waiting = WAITING.format("CREATE UNIQUE INDEX CONCURRENTLY")
            wait_until(things, f"{waiting} AND now() - query_start > '100ms'")
            db.execute(sa.text("SET lock_timeout = '1ms'"))
            insert(db, "meanwhile")
        finally:
            holder.rollback()
        migrated.result()
    assert rows(things, "SELECT count(*) FROM pg_index WHERE NOT indisvalid") == [(0,)]


@pytest.mark.slow
def test_an_index_is_made_while_another_migration_waits_its_turn(things: str, later: Path) -> None:
    """In no statement, that is: it would wait for one that waits for its end."""
    later.write_text(COLUMN)
    asked = (
        "SELECT 1 FROM pg_stat_activity WHERE usename = 'master' AND query = 'rollback' AND state = 'idle'"
    )
    with ThreadPoolExecutor() as pool, committing(things) as db:
        db.execute(sa.text("SELECT pg_advisory_lock(:lock)"), {"lock": LOCK})
        migrated = pool.submit(infra.deployed.migrations.upgrade, things)
        try:
            wait_until(
                things, f"{asked} OR query LIKE 'SELECT pg_advisory_lock%' AND wait_event_type = 'Lock'"
            )
            db.execute(sa.text("CREATE INDEX CONCURRENTLY ix_things_name ON things (name)"))
        finally:
            db.execute(sa.text("SELECT pg_advisory_unlock_all()"))
        migrated.result()


def test_rows_are_changed_in_batches(
    things: str, later: Path, cloudformation: CloudFormation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(online, "BATCH", 10)
    later.write_text(BACKFILL)
    with committing(things) as db:
        insert(db, *map(str, range(25)))
    assert cloudformation.call(handler, "Update", **BUILD, Revision="0002")["Status"] == "SUCCESS"
    assert rows(things, "SELECT count(DISTINCT xmin::text), min(description) FROM things") == [(3, "new")]
