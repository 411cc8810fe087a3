"""A statement is right where it succeeds, and leaves the connection in step where it fails."""

from shared.database.driver.pipeline import PipelinedConnection

import pg8000
import pytest
import sqlalchemy as sa

from tests.integration.pipeline.queries import ask, assert_in_step, kept


@pytest.mark.parametrize(
    "value",
    [None, "", "ä€😀\u0301 'quoted' \\ %s $1 :name\n\t", "x" * 65_536, "ü" * 1_000_000],
    ids=["null", "empty", "unicode", "64 KB", "2 MB"],
)
def test_a_value_comes_back_as_it_went(connection: PipelinedConnection, value: str | None) -> None:
    assert ask(connection, "INSERT INTO rows (id, long) VALUES (%s, %s)", 1, value) == 1
    connection.commit()
    assert ask(connection, "SELECT long FROM rows WHERE long IS NOT DISTINCT FROM %s", value) == ([value],)
    connection.commit()


def test_types_come_back_as_the_driver_has_them(connection: PipelinedConnection) -> None:
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
    connection: PipelinedConnection, rows: sa.Connection, point: str, nth: str
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


def test_a_commit_that_fails_is_told(connection: PipelinedConnection, rows: sa.Connection) -> None:
    for number in (1, 2):
        ask(connection, "INSERT INTO rows VALUES (%s, 'same')", number)
    with pytest.raises(pg8000.dbapi.DatabaseError, match="duplicate key"):
        connection.commit()
    assert_in_step(connection)
    assert kept(rows) == []
