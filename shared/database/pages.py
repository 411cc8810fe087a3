"""Lists by keyset: page 10,000 costs as much as page 1, and new or deleted rows shift nothing.

A cursor holds the sort key of the last row shown and a digest that binds it to its list. It grants no access:
the statement decides which rows a caller may see, so the cursor needs no secret.
"""

import binascii
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from hashlib import blake2b
from typing import Annotated, Any, Literal
from urllib.parse import urlencode
from uuid import UUID

from shared.http.errors import InvalidCursor, ValidationFailed
from shared.http.fields import DECIMAL, StoredTime

from fastapi import Depends, Query, Request, Response
from pydantic import Field, StringConstraints, TypeAdapter, ValidationError
from pydantic_core import to_json
from sqlalchemy import (
    BigInteger,
    Boolean,
    ColumnElement,
    Date,
    DateTime,
    Enum,
    Float,
    Integer,
    Numeric,
    Select,
    SmallInteger,
    String,
    Subquery,
    Uuid,
    literal,
    tuple_,
)
from sqlalchemy.orm import InstrumentedAttribute, Session

DIGEST_SIZE = 8  # bytes
type Key = InstrumentedAttribute[Any] | ColumnElement[Any]
type Rows = list[Any]  # models, or rows with columns named as in the list's schema
POSITION_PARAMETERS = {"cursor", "offset", "limit"}

LONGEST_TEXT = 500  # characters: in a cursor, and so in a URL, each may take eight


class Page:
    """The page that the query string asks for; `fetch` reads it."""

    def __init__(
        self, request: Request, response: Response, limit: int, cursor: str | None, offset: int | None
    ) -> None:
        self.limit, self.cursor, self.offset = limit, cursor, offset
        self.path, self._headers = request.scope["path"], response.headers
        self.filters = [
            (name, value)
            for name, value in request.query_params.multi_items()
            if name not in POSITION_PARAMETERS
        ]

    def fetch(
        self,
        db: Session,
        statement: Select[*tuple[Any, ...]],
        key: Sequence[Key],
        expand: Callable[[Subquery], Select[*tuple[Any, ...]]] | None = None,
    ) -> Rows:
        """Returns a page of `statement`'s rows in descending order of `key`, whose last column is unique.

        A row is what `statement` selects: one model, or columns named as in the list's schema. `expand` adds
        costly columns to the page's rows only, not to rows that the page skips.

        The `Link` header (RFC 8288) leads to the next page; it is absent on the last one. Errors:
        `invalid_cursor`.
        """
        statement = self.seek(statement, key).limit(self.limit + 1).offset(self.offset)
        is_model = expand is None and len(statement.column_descriptions) == 1
        position: list[Key] = [column.label(f"key_{number}") for number, column in enumerate(key)]
        found = statement.add_columns(*position)
        if expand is not None:
            page = found.subquery("page")
            position = [page.c[column.name] for column in position]
            found = expand(page).add_columns(*position).order_by(*(column.desc() for column in position))
        rows = db.execute(found).all()
        shown = rows[: self.limit]
        if len(rows) > self.limit:
            self._headers["Link"] = self._link(list(shown[-1][-len(key) :]))
        return [row[0] if is_model else row for row in shown]

    def seek(self, statement: Select[*tuple[Any, ...]], key: Sequence[Key]) -> Select[*tuple[Any, ...]]:
        """Orders `statement` by `key`, descending, from the cursor on. Errors: `invalid_cursor`."""
        position = self.position(key)
        if position is not None:
            # A row-value comparison is answered from the index; the spelled-out OR form is not.
            values = (literal(value, column.type) for column, value in zip(key, position, strict=True))
            statement = statement.where(tuple_(*key) < tuple_(*values))
        return statement.order_by(*(column.desc() for column in key))

    def position(self, key: Sequence[Key]) -> tuple[Any, ...] | None:
        """Returns the key of the row before the page, None on the first page. Errors: `invalid_cursor`."""
        types = tuple(position_type(column) for column in key)  # refused on page 1, not with its cursor
        return self._position(types) if self.cursor is not None else None

    @property
    def rows_needed(self) -> int:
        """The number of rows after the cursor: skipped ones, the page's, and one to detect a next page."""
        return (self.offset or 0) + self.limit + 1

    def _link(self, position: list[Any]) -> str:
        values = to_json(position)
        cursor = urlsafe_b64encode(self._digest(values) + values).rstrip(b"=").decode()
        query = urlencode([*self.filters, ("limit", self.limit), ("cursor", cursor)])
        return f'<{self.path}?{query}>; rel="next"'

    def _position(self, types: tuple[Any, ...]) -> tuple[Any, ...]:
        assert self.cursor is not None
        try:
            raw = urlsafe_b64decode(self.cursor.encode("ascii") + b"=" * (-len(self.cursor) % 4))
            digest, values = raw[:DIGEST_SIZE], raw[DIGEST_SIZE:]
            # Base64 has several spellings of the same bytes; only our own counts.
            if digest != self._digest(values) or urlsafe_b64encode(raw).rstrip(b"=").decode() != self.cursor:
                raise InvalidCursor
            position: TypeAdapter[tuple[Any, ...]] = TypeAdapter(tuple[types])  # type: ignore[valid-type]
            return position.validate_json(values, strict=True)
        except (binascii.Error, UnicodeError, ValidationError):
            raise InvalidCursor from None

    def _digest(self, values: bytes) -> bytes:
        scope = json.dumps([self.path, sorted(self.filters)]).encode()
        return blake2b(scope + b"\0" + values, digest_size=DIGEST_SIZE).digest()


def position_type(column: Key) -> Any:
    """Returns the type of the column's values in a cursor: all values that the database can compare.

    Errors: TypeError, for a column that no cursor can point into.
    """
    if getattr(column, "nullable", False):
        raise TypeError(f"{column} cannot be a list's key, since it is nullable: make it NOT NULL")
    kind = column.type
    match kind:
        case Enum():
            return kind.enum_class or Literal[tuple(kind.enums)]
        case String() if kind.length is not None and kind.length <= LONGEST_TEXT:
            return Annotated[str, StringConstraints(pattern=r"^[^\x00]*$")]
        case Integer():
            bits = 15 if isinstance(kind, SmallInteger) else 63 if isinstance(kind, BigInteger) else 31
            highest = 2**bits - 1
            return Annotated[int, Field(ge=-highest - 1, le=highest)]
        case Numeric() if not isinstance(kind, Float):
            return Annotated[Decimal, Field(max_digits=kind.precision or 1000, decimal_places=kind.scale)]
        case DateTime(timezone=True):
            return StoredTime
        case Date():
            return date
        case Uuid(as_uuid=True):
            return UUID
        case Boolean():
            return bool
    raise TypeError(
        f"{column} cannot be a list's key, since a cursor cannot hold its type {kind!r}: use a date, a time"
        " with its zone, a whole or exact number, an enum, a UUID, or a text of at most"
        f" {LONGEST_TEXT} characters"
    )


async def _page(
    request: Request,
    response: Response,
    limit: Annotated[int, DECIMAL, Query(description="The maximum number of rows", ge=1, le=100)] = 20,
    cursor: Annotated[
        str | None, Query(description="The start of the page, from the Link header of the page before")
    ] = None,
    offset: Annotated[
        int | None,
        DECIMAL,
        Query(description="Rows to skip; slower than a cursor, and not allowed with one", ge=0, le=10_000),
    ] = None,
) -> Page:
    if cursor is not None and offset is not None:
        raise ValidationFailed(
            [{"loc": ("query", "offset"), "msg": "Give either cursor or offset", "type": "conflict"}]
        )
    return Page(request, response, limit, cursor, offset)


PageQuery = Annotated[Page, Depends(_page)]
