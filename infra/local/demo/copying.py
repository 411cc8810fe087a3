"""Loads rows into a table by COPY, the fastest way, through the models' own columns."""

from collections.abc import Callable, Iterable, Sequence
from io import BytesIO
from itertools import batched
from typing import Any

from sqlalchemy import ColumnElement, Connection
from sqlalchemy.orm import InstrumentedAttribute

CHUNK = 20_000  # rows between two reports of progress

type Progress = Callable[[int], object]
type Column = InstrumentedAttribute[Any] | ColumnElement[Any]


def copy(
    db: Connection,
    columns: Sequence[Column],
    rows: Iterable[tuple[object, ...]],
    done: Progress,
) -> None:
    """Inserts `rows`, whose values have the order of `columns`. Calls `done` with each chunk's rows."""
    named = [column.expression for column in columns]
    names = ", ".join(f'"{column.name}"' for column in named)
    statement = f"COPY {named[0].table.name} ({names}) FROM STDIN"
    cursor: Any = db.connection.cursor()  # pg8000's, whose `execute` takes a stream
    for chunk in batched(rows, CHUNK, strict=False):
        lines = ("\t".join(map(_text, row)) + "\n" for row in chunk)
        cursor.execute(statement, stream=BytesIO("".join(lines).encode()))
        done(len(chunk))


def _text(value: object) -> str:
    """Returns COPY's text format. Source: PostgreSQL manual, "COPY", "Text Format"."""
    if value is None:
        return r"\N"
    return str(value).replace("\\", r"\\").replace("\t", r"\t").replace("\n", r"\n")
