"""Statements that are sent with what follows, and COMMIT with the statement before it."""

from shared.database.driver.pipeline import PipelinedConnection

import pg8000
import pytest
import sqlalchemy as sa

from tests.integration.pipeline.queries import ask, assert_in_step, kept


class TestLater:
    def test_is_sent_in_order_with_what_follows(self, connection: PipelinedConnection) -> None:
        connection.deferred = True
        ask(connection, "INSERT INTO rows VALUES (1, %s)", "first")
        ask(connection, "UPDATE rows SET text = text || %s", ", changed")
        connection.deferred = False
        assert ask(connection, "SELECT id, text FROM rows WHERE id = %s", 1) == ([1, "first, changed"],)

    def test_is_sent_with_commit(self, connection: PipelinedConnection, rows: sa.Connection) -> None:
        connection.deferred = True
        ask(connection, "INSERT INTO rows VALUES (1, %s)", "first")
        connection.commit()
        assert kept(rows) == [1]

    def test_is_forgotten_by_rollback(self, connection: PipelinedConnection, rows: sa.Connection) -> None:
        connection.deferred = True
        ask(connection, "INSERT INTO rows VALUES (1, %s)", "first")
        assert_in_step(connection)
        connection.commit()
        assert kept(rows) == []

    @pytest.mark.parametrize("ended_by", ["a statement", "commit"])
    def test_its_error_is_raised_by_what_follows(
        self, connection: PipelinedConnection, rows: sa.Connection, ended_by: str
    ) -> None:
        connection.deferred = True
        ask(connection, "INSERT INTO rows VALUES (1, %s)", "first")
        ask(connection, "INSERT INTO rows VALUES (%s::int, 'second')", "no number")
        ask(connection, "INSERT INTO rows VALUES (3, %s)", "third")
        connection.deferred = False
        with pytest.raises(pg8000.dbapi.DatabaseError, match="invalid input syntax"):
            if ended_by == "commit":
                connection.commit()
            else:
                ask(connection, "SELECT %s::int", 4)
        assert_in_step(connection)
        assert kept(rows) == []


class TestCommitAlong:
    def test_commits_with_the_statement_and_tells_its_rowcount(
        self, connection: PipelinedConnection, rows: sa.Connection
    ) -> None:
        ask(connection, "INSERT INTO rows VALUES (1, %s)", "first")
        connection.pipeline_commit = True
        assert ask(connection, "UPDATE rows SET text = %s", "second") == 1
        connection.commit()
        assert kept(rows) == [1]
        assert_in_step(connection)

    def test_refuses_a_statement_that_would_be_in_no_transaction_then(
        self, connection: PipelinedConnection, rows: sa.Connection
    ) -> None:
        connection.pipeline_commit = True
        ask(connection, "INSERT INTO rows VALUES (1, %s)", "first")
        with pytest.raises(pg8000.dbapi.InterfaceError, match="follows the one that took COMMIT along"):
            ask(connection, "INSERT INTO rows VALUES (2, %s)", "second")
        assert_in_step(connection)
        assert kept(rows) == [1]

    @pytest.mark.parametrize("statement", ["UPDATE rows SET id = %s::int / 0", "UPDATE rows SET text = %s"])
    def test_an_error_of_either_keeps_nothing(
        self, connection: PipelinedConnection, rows: sa.Connection, statement: str
    ) -> None:
        ask(connection, "INSERT INTO rows VALUES (1, %s), (2, 'second')", "first")
        connection.pipeline_commit = True
        with pytest.raises(pg8000.dbapi.DatabaseError, match=r"division by zero|duplicate key"):
            ask(connection, statement, "1")
        assert_in_step(connection)
        assert kept(rows) == []
