"""What the tests of a connection ask it, and what they look at."""

from typing import Any

from shared.database.driver.pipeline import PipelinedConnection

import sqlalchemy as sa


def ask(connection: PipelinedConnection, statement: str, *values: Any) -> Any:
    cursor = connection.cursor()
    cursor.execute(statement, values)
    return cursor.fetchall() if cursor.description else cursor.rowcount


def kept(rows: sa.Connection) -> list[int]:
    found = [row.id for row in rows.execute(sa.text("SELECT id FROM rows ORDER BY id"))]
    rows.rollback()
    return found


def assert_in_step(connection: PipelinedConnection) -> None:
    connection.rollback()
    for number in range(3):
        assert ask(connection, "SELECT %s::int", number) == ([number],)
    connection.rollback()
