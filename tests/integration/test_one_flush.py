"""The connection of one flush a statement: right where it succeeds, in step where it fails."""

import hashlib
import inspect
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

from shared.database.one_flush import OneFlushConnection, connect

import pg8000.core
import pg8000.legacy
import pytest
import sqlalchemy as sa

from infra.local.postgres import Cluster
from tests.integration.conftest import Authority, pooler
from tests.integration.wire import Recorder

type Connect = Callable[[], OneFlushConnection]


@pytest.fixture
def rows(db: sa.Connection) -> Iterator[sa.Connection]:
    """A table `rows` whose texts are unique when the transaction ends."""
    unique = "text text UNIQUE DEFERRABLE INITIALLY DEFERRED"
    db.execute(sa.text(f"CREATE TABLE rows (id int PRIMARY KEY, {unique}, long text)"))
    db.execute(sa.text("GRANT ALL ON rows TO routewise_app"))
    db.commit()
    yield db
    db.rollback()
    db.execute(sa.text("DROP TABLE rows"))
    db.commit()


@pytest.fixture(scope="module", params=["directly", "through a transaction pooler"])
def address(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    cluster: Cluster,
    authority: Authority,
) -> Iterator[dict[str, Any]]:
    if request.param == "directly":
        yield {"host": "127.0.0.1", "port": cluster.port, "ssl_context": False}
        return
    with pooler(tmp_path_factory.mktemp("pooler"), authority, cluster, size=2) as running:
        url = sa.make_url(running.url)
        yield {
            "host": "localhost",
            "port": url.port,
            "ssl_context": ssl.create_default_context(cafile=authority.file),
        }


@pytest.fixture
def new(address: dict[str, Any], cluster: Cluster, rows: sa.Connection) -> Iterator[Connect]:
    signed_in = {"user": "routewise_app", "password": cluster.app_password, "database": "routewise"}
    made = []

    def make() -> OneFlushConnection:
        made.append(connect(**signed_in, **address, timeout=10))
        return made[-1]

    yield make
    for connection in made:
        with suppress(pg8000.dbapi.InterfaceError):  # broken or closed by the test
            connection.close()


@pytest.fixture
def connection(new: Connect) -> OneFlushConnection:
    return new()


def ask(connection: OneFlushConnection, statement: str, *values: Any) -> Any:
    cursor = connection.cursor()
    cursor.execute(statement, values)
    return cursor.fetchall() if cursor.description else cursor.rowcount


def kept(rows: sa.Connection) -> list[int]:
    found = [row.id for row in rows.execute(sa.text("SELECT id FROM rows ORDER BY id"))]
    rows.rollback()
    return found


def assert_in_step(connection: OneFlushConnection) -> None:
    connection.rollback()
    for number in range(3):
        assert ask(connection, "SELECT %s::int", number) == ([number],)
    connection.rollback()


@pytest.mark.parametrize(
    "value",
    [None, "", "ä€😀\u0301 'quoted' \\ %s $1 :name\n\t", "x" * 65_536, "ü" * 1_000_000],
    ids=["null", "empty", "unicode", "64 KB", "2 MB"],
)
def test_a_value_comes_back_as_it_went(connection: OneFlushConnection, value: str | None) -> None:
    assert ask(connection, "INSERT INTO rows (id, long) VALUES (%s, %s)", 1, value) == 1
    connection.commit()
    assert ask(connection, "SELECT long FROM rows WHERE long IS NOT DISTINCT FROM %s", value) == ([value],)
    connection.commit()


def test_types_come_back_as_the_driver_has_them(connection: OneFlushConnection) -> None:
    row = ask(connection, "SELECT %s::bool, %s::bytea, %s::int8, %s::int[], now() < %s::timestamptz",
              True, b"\x00\xff", 2**63 - 1, [1, None], "infinity")  # fmt: skip
    assert row == ([True, b"\x00\xff", 2**63 - 1, [1, None], True],)


ROWS_THEN_ERROR = "SELECT 1 / (%s::int - n) FROM generate_series(1, 2000) n"
ERRORS = {
    "before anything is sent": ("SELECT %s", "\ud800", UnicodeEncodeError),
    "parse": ("SELEKT %s", "1", pg8000.dbapi.ProgrammingError),
    "bind": ("SELECT %s::int", "one", pg8000.dbapi.ProgrammingError),
    "execute": ("SELECT 1 / %s::int", "0", pg8000.dbapi.ProgrammingError),
    "execute, after rows": (ROWS_THEN_ERROR, "2000", pg8000.dbapi.ProgrammingError),
    "a constraint": ("INSERT INTO rows VALUES (0, %s)", "twice", pg8000.dbapi.IntegrityError),
}  # fmt: skip


@pytest.mark.parametrize("nth", ["first", "second"])
@pytest.mark.parametrize("point", ERRORS)
def test_an_error_at_each_point_keeps_nothing_and_leaves_the_connection_in_step(
    connection: OneFlushConnection, rows: sa.Connection, point: str, nth: str
) -> None:
    ask(connection, "INSERT INTO rows VALUES (%s, 'zero')", 0)
    connection.commit()
    statement, value, error = ERRORS[point]
    if nth == "second":
        ask(connection, "INSERT INTO rows VALUES (%s, 'first')", 1)
    with pytest.raises(error):
        ask(connection, statement, value)
    if error is not UnicodeEncodeError:
        with pytest.raises(pg8000.dbapi.InterfaceError, match="in failed transaction block"):
            connection.commit()
    assert_in_step(connection)
    assert kept(rows) == [0]


def test_a_commit_that_fails_is_told(connection: OneFlushConnection, rows: sa.Connection) -> None:
    for number in (1, 2):
        ask(connection, "INSERT INTO rows VALUES (%s, 'same')", number)
    with pytest.raises(pg8000.dbapi.DatabaseError, match="duplicate key"):
        connection.commit()
    assert_in_step(connection)
    assert kept(rows) == []


class TestLater:
    def test_is_sent_in_order_with_what_follows(self, connection: OneFlushConnection) -> None:
        connection.later = True
        ask(connection, "INSERT INTO rows VALUES (1, %s)", "first")
        ask(connection, "UPDATE rows SET text = text || %s", ", changed")
        connection.later = False
        assert ask(connection, "SELECT id, text FROM rows WHERE id = %s", 1) == ([1, "first, changed"],)

    def test_is_sent_with_commit(self, connection: OneFlushConnection, rows: sa.Connection) -> None:
        connection.later = True
        ask(connection, "INSERT INTO rows VALUES (1, %s)", "first")
        connection.commit()
        assert kept(rows) == [1]

    def test_is_forgotten_by_rollback(self, connection: OneFlushConnection, rows: sa.Connection) -> None:
        connection.later = True
        ask(connection, "INSERT INTO rows VALUES (1, %s)", "first")
        assert_in_step(connection)
        connection.commit()
        assert kept(rows) == []

    @pytest.mark.parametrize("ended_by", ["a statement", "commit"])
    def test_its_error_is_raised_by_what_follows(
        self, connection: OneFlushConnection, rows: sa.Connection, ended_by: str
    ) -> None:
        connection.later = True
        ask(connection, "INSERT INTO rows VALUES (1, %s)", "first")
        ask(connection, "INSERT INTO rows VALUES (%s::int, 'second')", "no number")
        ask(connection, "INSERT INTO rows VALUES (3, %s)", "third")
        connection.later = False
        with pytest.raises(pg8000.dbapi.DatabaseError, match="invalid input syntax"):
            if ended_by == "commit":
                connection.commit()
            else:
                ask(connection, "SELECT %s::int", 4)
        assert_in_step(connection)
        assert kept(rows) == []


class TestCommitAlong:
    def test_commits_with_the_statement_and_tells_its_rowcount(
        self, connection: OneFlushConnection, rows: sa.Connection
    ) -> None:
        ask(connection, "INSERT INTO rows VALUES (1, %s)", "first")
        connection.commit_along = True
        assert ask(connection, "UPDATE rows SET text = %s", "second") == 1
        connection.commit()
        assert kept(rows) == [1]
        assert_in_step(connection)

    def test_refuses_a_statement_that_would_be_in_no_transaction_then(
        self, connection: OneFlushConnection, rows: sa.Connection
    ) -> None:
        connection.commit_along = True
        ask(connection, "INSERT INTO rows VALUES (1, %s)", "first")
        with pytest.raises(pg8000.dbapi.InterfaceError, match="follows the one that took COMMIT along"):
            ask(connection, "INSERT INTO rows VALUES (2, %s)", "second")
        assert_in_step(connection)
        assert kept(rows) == [1]

    @pytest.mark.parametrize("statement", ["UPDATE rows SET id = %s::int / 0", "UPDATE rows SET text = %s"])
    def test_an_error_of_either_keeps_nothing(
        self, connection: OneFlushConnection, rows: sa.Connection, statement: str
    ) -> None:
        ask(connection, "INSERT INTO rows VALUES (1, %s), (2, 'second')", "first")
        connection.commit_along = True
        with pytest.raises(pg8000.dbapi.DatabaseError, match=r"division by zero|duplicate key"):
            ask(connection, statement, "1")
        assert_in_step(connection)
        assert kept(rows) == []


def test_notices_are_kept_apart_from_rows(connection: OneFlushConnection, rows: sa.Connection) -> None:
    connection.later = True
    ask(connection, "UPDATE rows SET text = %s", "none")
    connection.later = False
    block = "DO $$ BEGIN FOR n IN 1..50 LOOP RAISE WARNING 'told %', n; END LOOP; END $$"
    ask(connection, block)
    assert [notice[b"M"] for notice in connection.notices] == [b"told %d" % n for n in range(1, 51)]
    assert_in_step(connection)


def test_a_statement_timeout_leaves_the_connection_in_step(connection: OneFlushConnection) -> None:
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
    connection: OneFlushConnection, rows: sa.Connection
) -> None:
    thread = when_it_sleeps(rows, "pg_cancel_backend")
    with pytest.raises(pg8000.dbapi.ProgrammingError, match="user request"):
        ask(connection, "SELECT pg_sleep(%s)", 60)
    thread.join()
    assert_in_step(connection)


@pytest.mark.parametrize("along", [False, True])
def test_a_broken_connection_is_a_network_error_and_stays_broken(
    connection: OneFlushConnection, rows: sa.Connection, new: Connect, along: bool
) -> None:
    ask(connection, "INSERT INTO rows VALUES (1, %s)", "first")
    connection.commit_along = along
    thread = when_it_sleeps(rows, "pg_terminate_backend")
    with pytest.raises(pg8000.dbapi.InterfaceError, match="network error"):
        ask(connection, "SELECT pg_sleep(%s)", 60)
    thread.join()
    with pytest.raises(pg8000.dbapi.InterfaceError):
        ask(connection, "SELECT %s::int", 1)
    assert_in_step(new())
    assert kept(rows) == []


def test_a_closed_connection_says_so(connection: OneFlushConnection) -> None:
    connection.close()
    with pytest.raises(pg8000.dbapi.InterfaceError, match="connection is closed"):
        ask(connection, "SELECT %s", 1)


@pytest.fixture
def recorder(cluster: Cluster) -> Iterator[Recorder]:
    running = Recorder(cluster.port)
    yield running
    running.close()


def test_a_transaction_that_sent_nothing_takes_no_turn(
    cluster: Cluster, recorder: Recorder, rows: sa.Connection
) -> None:
    direct = connect(
        user="routewise_app", host="127.0.0.1", port=recorder.port, password=cluster.app_password,
        database="routewise", ssl_context=False,
    )  # fmt: skip
    before = recorder.turns
    direct.rollback()
    direct.commit()
    direct.later = True
    ask(direct, "INSERT INTO rows VALUES (1, %s)", "first")
    direct.rollback()
    assert recorder.turns == before
    direct.close()


DRIVER = {
    pg8000.core.CoreConnection.__init__: "c9557d9f5d4a0fb2",
    pg8000.core.CoreConnection.execute_simple: "57ca4e0354186ded",
    pg8000.core.CoreConnection.execute_unnamed: "2e8af5bad64b6640",
    pg8000.core.CoreConnection.send_PARSE: "8de25ddc1da6f52e",
    pg8000.core.CoreConnection.send_BIND: "f817ecd2ddfdd0db",
    pg8000.core.CoreConnection.handle_messages: "f3450a3764f06985",
    pg8000.core.CoreConnection.handle_READY_FOR_QUERY: "755520a156c276df",
    pg8000.core.CoreConnection.handle_COMMAND_COMPLETE: "dead6eaa3e83cf76",
    pg8000.core.CoreConnection.handle_ERROR_RESPONSE: "6affcef53c8b6d7a",
    pg8000.core.CoreConnection.close: "9383ab7e1e4dd3f6",
    pg8000.core.Context: "ab6a35f50b877f0a",
    pg8000.core._create_message: "20cca30829af68d8",
    pg8000.core._flush: "8ea5fbe2b4f76853",
    pg8000.core._write: "5b99b3248c8fd43a",
    pg8000.core._make_socket: "fa264fcc422f6553",
    pg8000.legacy.Cursor.execute: "54009f088e6f2b90",
    pg8000.legacy.Connection.__init__: "fae169a9c1b94806",
    pg8000.legacy.Connection.commit: "33f87e623209f788",
    pg8000.legacy.Connection.rollback: "b6d214b8281a8452",
}


@pytest.mark.parametrize("part", DRIVER, ids=lambda part: part.__qualname__)
def test_the_driver_is_the_one_that_was_read(part: Any) -> None:
    """Where this fails the driver has changed: read it and `one_flush.py` again, then note the hash."""
    assert hashlib.sha256(inspect.getsource(part).encode()).hexdigest()[:16] == DRIVER[part]
