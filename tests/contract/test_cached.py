"""What is read from the cache is what the database has, after every write."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from tests.conftest import NewUser
from tests.support.client import Answer, Client
from tests.support.redis_server import Server
from tests.support.sample_calls import TABLE, World, samples
from tests.support.statements import recorded

CACHED = ("users", "books", "categories")
NEWEST = 3  # rows of each table, which a sample has just made
WRITES = [each for each in samples() if each in TABLE and TABLE[each]["method"] != "GET"]


@pytest.fixture
def world(db: sa.Connection, new_user: NewUser, with_redis: Server) -> World:
    return World(db, new_user)


def shown(db: sa.Connection, tables: tuple[str, ...] = CACHED) -> list[tuple[int, bytes, str | None]]:
    def answers() -> Iterator[Answer]:
        for table in tables:
            for row in db.execute(sa.text(f"SELECT id FROM {table} ORDER BY id DESC LIMIT {NEWEST}")).all():
                yield Client().get(f"/api/v1/{table}/{row.id}")
        db.rollback()

    return [(each.status, each.body, each.headers.get("etag")) for each in answers()]


@pytest.mark.usefixtures("signing_key")
def test_no_write_leaves_an_old_value(world: World, with_redis: Server) -> None:
    for operation in WRITES:
        path, body = world.path(samples()[operation].path), world.body(operation)
        shown(world.db)
        answer = world.admin.call(TABLE[operation]["method"], path, json=body)
        assert answer.status == int(TABLE[operation]["status"]), operation
        kept = shown(world.db)
        with_redis.do("FLUSHALL")
        assert kept == shown(world.db), operation


@pytest.mark.parametrize("gone", ["author", "category", "review"])
def test_a_book_changes_with_what_it_refers_to(world: World, with_redis: Server, gone: str) -> None:
    author, category = world.make("author"), world.make("category")
    book = world.make("book")
    about = {"author_id": author, "category_ids": [category]}
    assert world.admin.put(f"/api/v1/books/{book}", json=about).status == 200
    review = world.admin.post(f"/api/v1/books/{book}/reviews", json={"rating": 4, "body": ""}).json()["id"]
    [before] = shown(world.db, ("books",))
    path = {
        "author": f"authors/{author}",
        "category": f"categories/{category}",
        "review": f"reviews/{review}",
    }
    assert world.admin.delete(f"/api/v1/{path[gone]}").status == 200
    [kept] = shown(world.db, ("books",))
    with_redis.do("FLUSHALL")
    assert [kept] == shown(world.db, ("books",))
    assert kept != before


@pytest.mark.parametrize("table", CACHED)
def test_a_read_that_is_kept_asks_the_database_for_nothing(world: World, table: str) -> None:
    world.make({"users": "user", "books": "book", "categories": "category"}[table])
    first = shown(world.db, (table,))
    with recorded() as statements:
        assert shown(world.db, (table,)) == first
    assert statements == []
