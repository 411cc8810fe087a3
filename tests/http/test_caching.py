"""Cache-Control on every answer, by what kind of answer it is."""

from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tests.http.apps import APPS, FILES
from tests.support.client import ROUTES, Answer, Client
from tests.support.sample_calls import World, samples

PUBLIC = {"cache-control": "no-cache", "vary": "Origin"}
PRIVATE = {"cache-control": "private, no-cache"}
NOT_KEPT = {"cache-control": "no-store"}
HEALTH = {"health", "readiness"}


def caching(answer: Answer) -> dict[str, str]:
    return {name: answer.headers[name] for name in ("cache-control", "vary") if name in answer.headers}


@pytest.fixture
def world(db: sa.Connection, new_user: Any, signing_key: Path) -> World:
    return World(db, new_user)


@pytest.mark.parametrize(
    "row",
    [row for row in ROUTES if row["operation_id"] in set(APPS) - FILES],
    ids=lambda row: row["operation_id"],
)
def test_every_answer_says_how_it_may_be_kept(world: World, row: dict[str, str]) -> None:
    operation = row["operation_id"]
    if row["method"] != "GET":
        assert caching(world.call(operation)) == NOT_KEPT
        return
    path = world.path(samples()[operation].path)
    answer = world.admin.get(path)
    assert answer.status == 200, path
    if row["operation_id"] in HEALTH:
        assert caching(answer) == NOT_KEPT
        return
    kept = PUBLIC if row["auth"] == "-" else PRIVATE
    assert caching(answer) == kept
    if row["kind"] == "read":
        known = world.admin.get(path, headers={"If-None-Match": answer.headers["etag"]})
        assert (known.status, known.headers["etag"]) == (304, answer.headers["etag"])
        assert caching(known) == kept
    assert caching(world.admin.get(f"{path}?colour=red")) == NOT_KEPT


def test_no_error_is_kept(world: World, db: sa.Connection) -> None:
    admin, path = world.admin, world.path("/api/v1/gadgets/{gadget}")
    assert caching(Client().get(path)) == NOT_KEPT  # 401
    assert caching(admin.get("/api/v1/gadgets/9")) == NOT_KEPT  # 404
    assert caching(admin.post("/api/v1/gadgets", body=b" " * (2**20 + 1))) == NOT_KEPT  # 413
    assert caching(admin.put(path, json={}, headers={"If-Match": '"x"'})) == NOT_KEPT  # 412
    db.execute(sa.text("ALTER TABLE gadgets RENAME TO hidden"))
    db.commit()
    failed = admin.get(path)
    db.execute(sa.text("ALTER TABLE hidden RENAME TO gadgets"))
    db.commit()
    assert (failed.status, caching(failed)) == (500, NOT_KEPT)


def test_an_answer_that_is_given_again_is_not_kept(world: World) -> None:
    for _ in range(2):
        answer = world.admin.post("/api/v1/gadgets", json={"name": "x"}, headers={"Idempotency-Key": "k"})
        assert caching(answer) == NOT_KEPT
