"""What the server says or does in between leaves the connection in step, or broken for good."""

import threading
import time

from shared.database.driver.pipeline import PipelinedConnection

import pg8000
import pytest
import sqlalchemy as sa

from tests.integration.pipeline.conftest import Connect
from tests.integration.pipeline.queries import ask, assert_in_step, kept


def test_notices_are_kept_apart_from_rows(connection: PipelinedConnection, rows: sa.Connection) -> None:
    connection.deferred = True
    ask(connection, "UPDATE rows SET text = %s", "none")
    connection.deferred = False
    block = "DO $$ BEGIN FOR n IN 1..50 LOOP RAISE WARNING 'told %', n; END LOOP; END $$"
    ask(connection, block)
    assert [notice[b"M"] for notice in connection.notices] == [b"told %d" % n for n in range(1, 51)]
    assert_in_step(connection)


def test_a_statement_timeout_leaves_the_connection_in_step(connection: PipelinedConnection) -> None:
    ask(connection, "SET LOCAL statement_timeout = 50")
    with pytest.raises(pg8000.dbapi.ProgrammingError, match="statement timeout"):
        ask(connection, "SELECT pg_sleep(%s)", 60)
    assert_in_step(connection)


def when_it_sleeps(db: sa.Connection, call: str) -> threading.Thread:
    """Call `call(pid)` for the server process that sleeps."""
    asleep = sa.text("SELECT pid FROM pg_stat_activity WHERE wait_event = 'PgSleep'")

    def wait() -> None:
        with db.engine.connect() as other:
            while not (pid := other.scalar(asleep)):
                other.rollback()
                time.sleep(0.02)
            other.execute(sa.text(f"SELECT {call}(:pid)"), {"pid": pid})

    thread = threading.Thread(target=wait)
    thread.start()
    return thread


def test_a_cancelled_statement_leaves_the_connection_in_step(
    connection: PipelinedConnection, rows: sa.Connection
) -> None:
    thread = when_it_sleeps(rows, "pg_cancel_backend")
    with pytest.raises(pg8000.dbapi.ProgrammingError, match="user request"):
        ask(connection, "SELECT pg_sleep(%s)", 60)
    thread.join()
    assert_in_step(connection)


@pytest.mark.parametrize("along", [False, True])
def test_a_broken_connection_is_a_network_error_and_stays_broken(
    connection: PipelinedConnection, rows: sa.Connection, new: Connect, along: bool
) -> None:
    ask(connection, "INSERT INTO rows VALUES (1, %s)", "first")
    connection.pipeline_commit = along
    thread = when_it_sleeps(rows, "pg_terminate_backend")
    with pytest.raises(pg8000.dbapi.InterfaceError, match="network error"):
        ask(connection, "SELECT pg_sleep(%s)", 60)
    thread.join()
    with pytest.raises(pg8000.dbapi.InterfaceError):
        ask(connection, "SELECT %s::int", 1)
    assert_in_step(new())
    assert kept(rows) == []


def test_a_closed_connection_says_so(connection: PipelinedConnection) -> None:
    connection.close()
    with pytest.raises(pg8000.dbapi.InterfaceError, match="connection is closed"):
        ask(connection, "SELECT %s", 1)
