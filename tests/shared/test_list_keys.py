"""A list may be ordered by any column that a cursor can point into; others are refused with page 1."""

import enum
import json
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from hashlib import blake2b
from typing import Any
from uuid import UUID

from shared.database import PublicSession
from shared.database.pages import PageQuery, Rows
from shared.http import Output, lambda_handler, one_route_app

import pytest
import sqlalchemy as sa

from infra.deployed.migrations.bootstrap import APP_ROLE
from tests.support.client import Answer, Context, as_answer, make_event

PATH = "/api/v1/things"


class Size(enum.Enum):
    SMALL = "s"
    MIDDLE = "m"
    LARGE = "l"


class Shown(Output):
    id: int


def exact(*values: str) -> list[Decimal]:
    return [Decimal(value) for value in values]


DAY = date(2026, 1, 2)
MOMENT = datetime(2026, 1, 2, 3, 4, 5, 678901, UTC)
NATIVE = sa.Enum(Size, name="size")
WORDS = sa.Enum("low", "high", name="level")
# The type of a key, and its values in ascending order of the database.
KEYS: dict[str, tuple[sa.types.TypeEngine[Any], list[Any]]] = {
    "date": (sa.Date(), [date.min, DAY, date.max]),
    "moment": (sa.DateTime(timezone=True), [datetime(1, 1, 3, tzinfo=UTC), MOMENT]),
    "text": (sa.String(50), ["", "% _\\", "a\n\x01b", "aa", "é😀" * 25]),
    "uuid": (sa.Uuid(), [UUID(int=0), UUID(int=7), UUID(int=2**128 - 1)]),
    "numeric": (sa.Numeric(10, 2), exact("-99999999.99", "-1.5", "0", "0.01", "99999999.99")),
    "numeric without bounds": (sa.Numeric(), exact("-1e50", "1e-30", "12345678901234567890.123456789")),
    "enum": (NATIVE, [Size.SMALL, Size.MIDDLE, Size.LARGE]),
    "enum of words": (WORDS, ["low", "high"]),
    "enum as text": (sa.Enum(Size, native_enum=False, length=9), [Size.LARGE, Size.MIDDLE, Size.SMALL]),
    "integer": (sa.Integer(), [-(2**31), -1, 0, 2**31 - 1]),
    "small integer": (sa.SmallInteger(), [-(2**15), 0, 2**15 - 1]),
    "big integer": (sa.BigInteger(), [-(2**63), 0, 2**63 - 1]),
    "boolean": (sa.Boolean(), [False, True]),
}
REFUSED = {
    "nullable": sa.Column("key", sa.Date(), nullable=True),
    "a text of any length": sa.Column("key", sa.Text(), nullable=False),
    "a long text": sa.Column("key", sa.String(501), nullable=False),
    "a time without its zone": sa.Column("key", sa.DateTime(), nullable=False),
    "a float, which is not exact": sa.Column("key", sa.Float(), nullable=False),
    "JSON": sa.Column("key", sa.JSON(), nullable=False),
}


def table_of(key: sa.Column[Any], db: sa.Connection) -> sa.Table:
    table = sa.Table("things", sa.MetaData(), sa.Column("id", sa.BigInteger, primary_key=True), key)
    table.create(db)
    db.execute(sa.text(f"GRANT SELECT ON things TO {APP_ROLE}"))
    db.commit()
    return table


type Get = Callable[[str], Answer]


def list_of(table: sa.Table) -> Get:
    app = one_route_app()

    @app.get(PATH, response_model=list[Shown])
    async def list_things(page: PageQuery, db: PublicSession) -> Rows:
        return page.fetch(db, sa.select(table), key=[table.c.key, table.c.id])

    handler = lambda_handler(app)
    return lambda path: as_answer(handler(make_event("GET", PATH, path), Context()))


@pytest.fixture
def things(db: sa.Connection) -> Iterator[sa.Connection]:
    yield db
    db.rollback()
    db.execute(sa.text("DROP TABLE IF EXISTS things; DROP TYPE IF EXISTS size, level"))
    db.commit()


@pytest.mark.parametrize("kind", KEYS)
def test_pages_follow_each_other_through_ties(things: sa.Connection, kind: str) -> None:
    column, values = KEYS[kind]
    table = table_of(sa.Column("key", column, nullable=False), things)
    rows = [{"id": 3 * at + tie, "key": value} for at, value in enumerate(values) for tie in range(3)]
    things.execute(sa.insert(table), rows)
    things.commit()
    get, path, seen = list_of(table), f"{PATH}?limit=2", []
    while path:
        answer = get(path)
        assert answer.status == 200, answer.body
        seen += [row["id"] for row in answer.json()]
        path = answer.headers.get("link", "").partition(">")[0].lstrip("<")
    assert seen == list(reversed(range(3 * len(values))))


@pytest.mark.parametrize("column", REFUSED.values(), ids=REFUSED)
def test_others_are_refused_with_page_1_by_a_sentence(
    things: sa.Connection, logs: list[dict[str, Any]], column: sa.Column[Any]
) -> None:
    table = table_of(column._copy(), things)
    assert list_of(table)(PATH).status == 500
    [said] = [line["exception"] for line in logs if "exception" in line]
    assert "TypeError: things.key cannot be a list's key, since " in said


def forged(value: Any) -> str:
    """A cursor whose digest is right, as anyone can compute it who reads the code."""
    values = json.dumps([value, 1], separators=(",", ":"), ensure_ascii=True).encode()
    digest = blake2b(json.dumps([PATH, []]).encode() + b"\0" + values, digest_size=8).digest()
    return urlsafe_b64encode(digest + values).rstrip(b"=").decode()


ABSURD = ["10000-01-01", "a\0b", "\ud800", "NaN", "sNaN", "Infinity", "1e100000", "1e-100000", "huge"]
ABSURD += [2**31, 2**15, 2**63, 1.5, None, [], {}]


@pytest.mark.parametrize("kind", KEYS)
def test_an_absurd_value_in_a_cursor_is_no_server_error(things: sa.Connection, kind: str) -> None:
    table = table_of(sa.Column("key", KEYS[kind][0], nullable=False), things)
    get = list_of(table)
    for value in ABSURD:
        answer = get(f"{PATH}?cursor={forged(value)}")
        assert answer.status in {200, 400}, (value, answer.body)
