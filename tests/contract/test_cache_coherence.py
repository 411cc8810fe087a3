"""The cache equals the database after every write."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
import sqlalchemy as sa

from tests.conftest import NewUser
from tests.support.client import Answer, Client
from tests.support.redis_server import Server, SetEnv
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


REFUSED: dict[str, Callable[[Client, str], Answer]] = {
    "422": lambda client, path: client.get(f"{path}?unknown=1"),
    "413": lambda client, path: replace(client, holds=False).get(path, body=b" " * (2**20 + 1)),
    "429": lambda client, path: [client.get(path) for _ in range(3)][-1],
}


@pytest.mark.parametrize("status", REFUSED)
def test_a_refused_call_keeps_no_other_call_from_the_cache(
    world: World, with_redis: Server, set_env: SetEnv, status: str
) -> None:
    path = f"/api/v1/books/{world.make('book')}"
    set_env(REDIS_URL=with_redis.url, RATE_LIMIT="2")
    with_redis.do("FLUSHALL")
    if status == "429":
        assert [Client().get(path).status for _ in range(2)] == [200, 200]
        world.admin.put(path, json={"title": "Newer"})  # out of the cache
    assert REFUSED[status](Client(), path).status == int(status)
    with_redis.do("DEL", *with_redis.do("KEYS", "calls:*"))
    with recorded() as statements:
        assert [Client().get(path).status for _ in range(2)] == [200, 200]
    assert len(statements) == 1


def test_a_failed_read_keeps_no_later_one_from_the_cache(world: World, db: sa.Connection) -> None:
    book = world.make("book")
    path = f"/api/v1/books/{book + 1}"
    assert Client().get(path).status == 404
    assert world.make("book") == book + 1
    with recorded() as statements:
        assert [Client().get(path).status for _ in range(2)] == [200, 200]
    assert len(statements) == 1
