"""The route table's kinds decide which answers carry an ETag; the routes' apps declare it."""

import importlib
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from tests.conftest import NewUser
from tests.support.client import Client
from tests.support.sample_calls import TABLE, World, deployed

WITH_ETAG = {"read", "create", "update", "delete"}
ALSO = {"register", "docs", "redoc", "openapi_json"}


def etag_as_the_table_says(world: World, operation: str) -> Iterator[str]:
    meant = TABLE[operation]["kind"] in WITH_ETAG or operation in ALSO
    has_etag = "etag" in world.call(operation).headers
    if has_etag and not meant:
        yield f"{operation} has an ETag: write one_route_app(has_etag=False)"
    if meant and not has_etag:
        yield f"{operation} has no ETag: remove has_etag from its app"


@pytest.mark.parametrize("operation", deployed())
def test_resources_have_an_etag_and_nothing_else_has(world: World, operation: str) -> None:
    assert list(etag_as_the_table_says(world, operation)) == []


@pytest.mark.parametrize(
    ("operation", "said"),
    [
        ("list_gadgets", "list_gadgets has an ETag: write one_route_app(has_etag=False)"),
        ("get_gadget", "get_gadget has no ETag: remove has_etag from its app"),
    ],
)
def test_a_wrong_declaration_is_said(db: sa.Connection, new_user: NewUser, operation: str, said: str) -> None:
    world = World(db, new_user, Client(holds=False))
    state = importlib.import_module(f"tests.sample.{operation}").app.state
    state.has_etag = not state.has_etag
    try:
        assert list(etag_as_the_table_says(world, operation)) == [said]
    finally:
        state.has_etag = not state.has_etag
