"""Cache-Control on every answer, by what kind of answer it is."""

from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tests.http.apps import APPS
from tests.support.client import ROUTES, Answer, Client

PUBLIC = {"cache-control": "no-cache", "vary": "Origin"}
PRIVATE = {"cache-control": "private, no-cache"}
NOT_KEPT = {"cache-control": "no-store"}
HEALTH = {"health", "readiness"}
SAMPLE_ROWS: list[tuple[str, str, dict[str, object]]] = [
    ("create_item", "/api/v1/items", {"name": "n"}),
    ("create_author", "/api/v1/authors", {"name": "n"}),
    ("create_category", "/api/v1/categories", {"name": "n"}),
    (
        "create_book",
        "/api/v1/books",
        {"title": "T", "author": "A", "isbn": "0123456789", "published_date": "2026-01-31"},
    ),
    ("create_review", "/api/v1/books/1/reviews", {"rating": 5, "body": ""}),
    ("create_project", "/api/v1/projects", {"name": "n"}),
    ("create_issue", "/api/v1/projects/1/issues", {"title": "t"}),
    ("create_post", "/api/v1/posts", {"content": "c"}),
]
SAMPLES = {"{id}": "1", "{name}": "none"}


def caching(answer: Answer) -> dict[str, str]:
    return {name: answer.headers[name] for name in ("cache-control", "vary") if name in answer.headers}


@pytest.fixture
def world(new_user: Any, signing_key: Path) -> Client:
    """An admin, and one of everything, each with the id 1."""
    admin = new_user("admin", role="admin")
    for operation, path, body in SAMPLE_ROWS:
        if operation not in APPS:
            continue
        assert caching(admin.post(path, json=body)) == NOT_KEPT
    return admin


@pytest.mark.parametrize(
    "row", [row for row in ROUTES if row["operation_id"] in APPS], ids=lambda row: row["operation_id"]
)
def test_every_answer_says_how_it_may_be_kept(world: Client, row: dict[str, str]) -> None:
    path = row["path"]
    for parameter, value in SAMPLES.items():
        path = path.replace(parameter, value)
    if row["method"] != "GET":
        answer = world.call(row["method"], path, **({"json": {}} if row["method"] in {"POST", "PUT"} else {}))
        assert caching(answer) == NOT_KEPT
        return
    answer = world.get(path)
    assert answer.status == 200, path
    if row["operation_id"] in HEALTH:
        assert caching(answer) == NOT_KEPT
        return
    kept = PUBLIC if row["auth"] == "-" else PRIVATE
    assert caching(answer) == kept
    if row["kind"] == "read":
        known = world.get(path, headers={"If-None-Match": answer.headers["etag"]})
        assert (known.status, known.headers["etag"]) == (304, answer.headers["etag"])
        assert caching(known) == kept
    assert caching(world.get(f"{path}?colour=red")) == NOT_KEPT


def test_no_error_is_kept(world: Client, db: sa.Connection) -> None:
    assert caching(Client().get("/api/v1/items/1")) == NOT_KEPT  # 401
    assert caching(world.get("/api/v1/items/9")) == NOT_KEPT  # 404
    assert caching(world.post("/api/v1/items", body=b" " * (2**20 + 1))) == NOT_KEPT  # 413
    assert caching(world.put("/api/v1/items/1", json={}, headers={"If-Match": '"x"'})) == NOT_KEPT  # 412
    db.execute(sa.text("ALTER TABLE items RENAME TO hidden"))
    db.commit()
    failed = world.get("/api/v1/items/1")
    db.execute(sa.text("ALTER TABLE hidden RENAME TO items"))
    db.commit()
    assert (failed.status, caching(failed)) == (500, NOT_KEPT)


def test_an_answer_that_is_given_again_is_not_kept(world: Client) -> None:
    for _ in range(2):
        answer = world.post("/api/v1/items", json={"name": "x"}, headers={"Idempotency-Key": "k"})
        assert caching(answer) == NOT_KEPT
