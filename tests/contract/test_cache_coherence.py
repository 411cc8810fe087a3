"""The cache equals the database after every write."""

from collections.abc import Callable, Iterator
from dataclasses import replace

from shared.redis.sliding_windows import memory_windows

import pytest
import sqlalchemy as sa

from tests.conftest import NewUser
from tests.support.client import Answer, Client
from tests.support.redis_server import Server, SetEnv
from tests.support.sample_calls import TABLE, World, of_kind, samples
from tests.support.statements import recorded

CACHED = {"user": "/api/v1/users/{}", "label": "/api/v1/labels/{}/print"}  # by resource: where it is shown
NEWEST = 3  # rows of each table, which a sample has just made
WRITES = [each for each in samples() if each in TABLE and TABLE[each]["method"] != "GET"]  # the sample's, too
WRITES.remove("delete_me")  # the world's caller is gone after it, and averages may lag by a kept book's 60 s


@pytest.fixture
def world(db: sa.Connection, new_user: NewUser, with_redis: Server) -> World:
    return World(db, new_user)


def kept_reads() -> list[str]:
    """Returns the paths of the public reads of one row, of which some are kept."""
    rows = [TABLE[operation] for operation in of_kind("read")]
    return [row["path"].replace("{id}", "{}") for row in rows if row["auth"] == "-" and "{id}" in row["path"]]


def shown(db: sa.Connection, *paths: str) -> list[tuple[int, bytes, str | None]]:
    """Returns what anyone sees at these paths, of the newest rows of each table."""

    def answers() -> Iterator[Answer]:
        for path in paths:
            table = path.split("/")[3]
            for row in db.execute(sa.text(f"SELECT id FROM {table} ORDER BY id DESC LIMIT {NEWEST}")).all():
                yield Client().get(path.format(row.id))
        db.rollback()

    # Another request's error has another request id.
    return [
        (each.status, each.body if each.status == 200 else b"", each.headers.get("etag"))
        for each in answers()
    ]


@pytest.mark.usefixtures("signing_key")
def test_no_write_leaves_an_old_value(world: World, with_redis: Server) -> None:
    paths = [*kept_reads(), CACHED["label"]]
    for operation in WRITES:
        path, body = world.path(samples()[operation].path), world.body(operation)
        shown(world.db, *paths)
        answer = world.admin.call(TABLE[operation]["method"], path, json=body)
        assert answer.status == int(TABLE[operation]["status"]), operation
        kept = shown(world.db, *paths)
        with_redis.do("FLUSHALL")
        assert kept == shown(world.db, *paths), operation


@pytest.mark.parametrize("resource", CACHED)
def test_a_read_that_is_kept_asks_the_database_for_nothing(world: World, resource: str) -> None:
    world.make(resource)
    first = shown(world.db, CACHED[resource])
    with recorded() as statements:
        assert shown(world.db, CACHED[resource]) == first
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
    path = CACHED["label"].format(world.make("label"))
    set_env(REDIS_URL=with_redis.url, RATE_LIMIT="2")
    with_redis.do("FLUSHALL")
    if status == "429":
        assert [Client().get(path).status for _ in range(2)] == [200, 200]
        world.admin.put(path.removesuffix("/print"), json={"name": "Newer"})  # out of the cache
    assert REFUSED[status](Client(), path).status == int(status)
    with_redis.do("DEL", *with_redis.do("KEYS", "calls:*"))
    memory_windows.cache_clear()
    with recorded() as statements:
        assert [Client().get(path).status for _ in range(2)] == [200, 200]
    assert len(statements) == 1


def test_a_failed_read_keeps_no_later_one_from_the_cache(world: World, db: sa.Connection) -> None:
    label = world.make("label")
    path = CACHED["label"].format(label + 1)
    assert Client().get(path).status == 404
    assert world.make("label") == label + 1
    with recorded() as statements:
        assert [Client().get(path).status for _ in range(2)] == [200, 200]
    assert len(statements) == 1
