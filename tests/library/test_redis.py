"""The cached books and categories: what shows them changes with them, whether Redis answers or not."""

from collections.abc import Iterator

from shared.redis.client import redis
from shared.runtime import backoff

import pytest
import sqlalchemy as sa

from tests.conftest import NewUser
from tests.contract.test_cache_coherence import shown
from tests.support.client import Client
from tests.support.redis_server import Server, SetEnv, running
from tests.support.sample_calls import World


@pytest.fixture
def world(db: sa.Connection, new_user: NewUser, with_redis: Server) -> World:
    return World(db, new_user)


@pytest.fixture
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One of the test's own, to be broken."""
    with running(tmp_path_factory.mktemp("redis")) as running_server:
        yield running_server


@pytest.fixture
def caller(server: Server, new_user: NewUser, set_env: SetEnv) -> Client:
    set_env(REDIS_URL=server.url, RATE_LIMIT="100")
    return new_user("alice")


@pytest.mark.parametrize("gone", ["authors", "categories"])
def test_what_is_deleted_in_an_outage_leaves_the_books_that_show_it(
    caller: Client, server: Server, monkeypatch: pytest.MonkeyPatch, gone: str
) -> None:
    for pause in ("FIRST_PAUSE", "LONGEST_PAUSE"):
        monkeypatch.setattr(backoff, pause, 3600)
    about = caller.post(f"/api/v1/{gone}", json={"name": "Old"}).json()["id"]
    shown = {"authors": ("author_id", about, None), "categories": ("category_ids", [about], [])}
    field, before, after = shown[gone]
    book = {"title": "Book", "author": "Author", "isbn": "9780131103627", "published_date": "1988-03-22"}
    path = caller.post("/api/v1/books", json={**book, field: before}).headers["location"]
    assert [caller.get(path).json()[field] for _ in range(2)] == [before, before]
    server.freeze()
    try:
        assert caller.get(path).json()[field] == before
        assert caller.delete(f"/api/v1/{gone}/{about}").status == 200
    finally:
        server.thaw()
    kept = redis()
    assert kept is not None and not kept.backoff.is_over
    kept.backoff.note_answer()
    assert caller.get(path).json()[field] == after


@pytest.mark.parametrize("gone", ["author", "category", "review"])
def test_a_book_changes_with_what_it_refers_to(world: World, with_redis: Server, gone: str) -> None:
    author, category = world.make("author"), world.make("category")
    book = world.make("book")
    about = {"author_id": author, "category_ids": [category]}
    assert world.admin.put(f"/api/v1/books/{book}", json=about).status == 200
    review = world.admin.post(f"/api/v1/books/{book}/reviews", json={"rating": 4, "body": ""}).json()["id"]
    [before] = shown(world.db, "/api/v1/books/{}")
    path = {
        "author": f"authors/{author}",
        "category": f"categories/{category}",
        "review": f"reviews/{review}",
    }
    assert world.admin.delete(f"/api/v1/{path[gone]}").status == 200
    [kept] = shown(world.db, "/api/v1/books/{}")
    with_redis.do("FLUSHALL")
    assert [kept] == shown(world.db, "/api/v1/books/{}")
    assert kept != before
