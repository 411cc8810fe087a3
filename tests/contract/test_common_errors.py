"""Errors that every route shares. With the other tests, each documented answer occurs."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from shared.models.users import User
from shared.runtime.product import IDENTIFIER

import pytest
import sqlalchemy as sa

from tests.contract.row_rules import impatient
from tests.http.apps import FILES
from tests.integration.conftest import database_settings
from tests.support.client import Answer, Client
from tests.support.document import operations
from tests.support.sample_calls import NOWHERE, TABLE, World, deployed, id_of, of_kind, samples

ROUTES = deployed()
WITH_A_BODY = [
    each
    for each in ROUTES
    if "application/json" in operations()[each].get("requestBody", {}).get("content", {})
]
OF_USERS = [each for each in ROUTES if TABLE[each]["auth"] != "-"]
OF_THE_DATABASE = [each for each in ROUTES if "500" in operations()[each]["responses"]]
CHANGES = (
    "update",
    "delete",
)  # looked at in test_updates_and_deletes.py, as lists, reads and creates are in theirs
OTHER_TESTS = ("list", "read", "create", "update")
OF_OTHER_KINDS = [each for each in ROUTES if TABLE[each]["kind"] not in OTHER_TESTS and each not in FILES]
OF_A_ROW = [each for each in ROUTES if "{id}" in TABLE[each]["path"] and TABLE[each]["kind"] not in CHANGES]
LEASE = sa.text(
    "INSERT INTO idempotency_records (caller, route, key, fingerprint) VALUES ('1', :route, 'k', '')"
)
OVER_A_MEBIBYTE = b" " * (2**20 + 1)


def send(world: World, operation: str, by: Client | None = None, **options: Any) -> Answer:
    """The sample's method and path, with anything else."""
    path = options.pop("path", None) or world.path(samples()[operation].path)
    return (by or world.admin).call(TABLE[operation]["method"], path, **options)


@pytest.mark.parametrize("operation", WITH_A_BODY)
def test_a_body_is_json_of_the_right_kind_and_size(world: World, operation: str) -> None:
    path = world.path(samples()[operation].path)
    text = {"Content-Type": "text/plain"}
    refused = [
        send(world, operation, path=path, body=b"{"),
        send(world, operation, path=path, body=b"7"),
        send(world, operation, path=path, body=b"a", headers=text),
        send(world, operation, path=path, body=OVER_A_MEBIBYTE),
    ]
    assert [(answer.status, answer.error) for answer in refused] == [
        (400, "invalid_json"),
        (422, "validation_error"),
        (415, "unsupported_media_type"),
        (413, "payload_too_large"),
    ]


@pytest.mark.parametrize("operation", OF_OTHER_KINDS)
def test_a_parameter_that_is_not_known_is_refused(world: World, operation: str) -> None:
    path = f"{world.path(samples()[operation].path)}?colour=1"
    assert send(world, operation, path=path, json=world.body(operation)).error == "validation_error"


@pytest.mark.parametrize("operation", OF_A_ROW)
def test_a_row_that_is_not_there_is_404(world: World, operation: str) -> None:
    path = TABLE[operation]["path"].replace("{id}", str(NOWHERE))
    assert send(world, operation, path=path, json=world.body(operation)).status == 404


@pytest.mark.parametrize("operation", OF_USERS)
def test_who_is_not_active_is_refused(world: World, operation: str) -> None:
    caller, path, body = world.user(), world.path(samples()[operation].path), world.body(operation)
    world.db.execute(sa.update(User).where(User.id == id_of(caller)).values(is_active=False))
    world.db.commit()
    answer = send(world, operation, caller, path=path, json=body)
    assert (answer.status, answer.error) == (403, "user_inactive")


@pytest.mark.parametrize("operation", of_kind("create"))
def test_a_key_that_is_in_use_is_409_when_the_wait_is_over(world: World, operation: str) -> None:
    path, body, key = world.path(samples()[operation].path), world.body(operation), {"Idempotency-Key": "k"}
    route = f"POST {TABLE[operation]['path']}"
    with impatient(world.db):
        world.db.execute(LEASE, {"route": route})
        answer = send(world, operation, path=path, json=body, headers=key)
    assert (answer.status, answer.error) == (409, "idempotency_in_progress")


def test_a_statement_that_fails_is_500(world: World) -> None:
    calls = {operation: prepared(world, operation) for operation in OF_THE_DATABASE}
    with moved_away(world.db):
        answers = {operation: world.admin.call(**call) for operation, call in calls.items()}
    assert {operation: answer.status for operation, answer in answers.items()} == dict.fromkeys(calls, 500)


def test_a_database_out_of_reach_is_503(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = {operation: prepared(world, operation) for operation in OF_THE_DATABASE}
    with database_settings(monkeypatch, DATABASE_URL=f"postgresql://{IDENTIFIER}@127.0.0.1:1/{IDENTIFIER}"):
        answers = {operation: world.admin.call(**call) for operation, call in calls.items()}
    assert {operation: answer.status for operation, answer in answers.items()} == dict.fromkeys(calls, 503)


def prepared(world: World, operation: str) -> dict[str, Any]:
    path, body = world.path(samples()[operation].path), world.body(operation)
    return {"method": TABLE[operation]["method"], "path": path, "json": body}


@contextmanager
def moved_away(db: sa.Connection) -> Iterator[None]:
    """No table is where it should be."""
    db.execute(sa.text("ALTER SCHEMA public RENAME TO elsewhere"))
    db.commit()
    yield
    db.execute(sa.text("ALTER SCHEMA elsewhere RENAME TO public"))
    db.commit()
