"""Records the statements that a call sends to the database."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from shared.database.engines import engine

from sqlalchemy import Engine, event


@contextmanager
def recorded(of: Engine | None = None) -> Iterator[list[tuple[str, Any]]]:
    """Yields statements and parameters that this process sends meanwhile. `of`: the writer by default."""
    asked = of or engine()
    statements: list[tuple[str, Any]] = []

    def note(connection: object, cursor: object, statement: str, parameters: Any, *rest: object) -> None:
        statements.append((statement, parameters))

    event.listen(asked, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(asked, "before_cursor_execute", note)
