"""Calls each route as a service, with and without its scope, and proves that a broken check is reported."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from shared.identity import callers
from shared.identity.scopes import scope_of, scopes_of

import pytest
import sqlalchemy as sa

from accounts import service_schemas
from accounts.service_schemas import known_scopes
from infra import domains
from tests.conftest import NewUser
from tests.contract.broken_handlers import without
from tests.contract.service_rules import all_scopes, as_a_service, new_service
from tests.support.client import ROOT
from tests.support.sample_calls import TABLE, World, deployed, samples

PROTECTED = [each for each in deployed() if TABLE[each]["auth"] != "-"]
PUBLIC = [each for each in deployed() if TABLE[each]["auth"] == "-"]


@pytest.mark.parametrize("operation", PROTECTED)
def test_a_service_reaches_the_routes_of_its_scopes_alone(world: World, operation: str) -> None:
    assert list(as_a_service(world, operation)) == []


@pytest.mark.parametrize("operation", PUBLIC)
@pytest.mark.usefixtures("signing_key")
def test_public_routes_ignore_scopes(world: World, operation: str) -> None:
    service = new_service(world)
    service.claims["scope"] = ""
    path, body = world.path(samples()[operation].path), world.body(operation)
    answer = service.call(TABLE[operation]["method"], path, json=body)
    assert answer.status == int(TABLE[operation]["status"])


def test_the_scopes_are_those_of_the_route_tables_domains(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service_schemas, "FUNCTIONS", ROOT / "functions")
    of_table = {each for each in all_scopes() if each.split(":")[0] not in ("accounts", "meta", "sample")}
    assert set(known_scopes.__wrapped__()) == of_table == set(scopes_of(domains.names()))


def test_a_domain_that_is_there_as_bytecode_alone_has_its_scopes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As `make build` leaves it."""
    for name in ("plants/__init__.pyc", "accounts/__init__.pyc", "__pycache__/x.pyc", "data/x.txt"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).touch()
    monkeypatch.setattr(service_schemas, "FUNCTIONS", tmp_path)
    assert known_scopes.__wrapped__() == ["plants:read", "plants:write"]


def test_a_handler_without_its_caller_is_said(db: sa.Connection, new_user: NewUser) -> None:
    anyone = without("list_gadgets", "caller: CurrentUser", "")
    said = "list_gadgets answers 200 to a service without sample:read: give it caller: CurrentUser"
    assert list(as_a_service(World(db, new_user, anyone), "list_gadgets")) == [said]


def containing(request: Any, claims: Any) -> None:
    scope = scope_of(request.scope["endpoint"].__module__, request.method)
    if scope is None or scope not in claims["scope"]:
        raise callers.InsufficientScope(scope)


@pytest.mark.parametrize(
    ("name", "mutant", "operation"),
    [
        ("_require_scope", lambda request, claims: None, "get_gadget"),
        ("_require_scope", lambda request, claims: None, "get_me"),
        ("_require_scope", containing, "create_gadget"),
        ("client_id_of", lambda claims: None, "delete_locker"),
        ("scope_of", lambda module, method: "sample:read", "create_gadget"),
        ("scope_of", lambda module, method: "sample:write", "list_gadgets"),
        ("scope_of", lambda module, method: None, "list_gadgets"),
        ("scope_of", lambda module, method: "accounts:read", "get_me"),
        ("scope_of", lambda module, method: "accounts:write", "update_me"),
    ],
)
def test_a_check_that_is_broken_is_said(
    world: World, monkeypatch: pytest.MonkeyPatch, name: str, mutant: Callable[..., Any], operation: str
) -> None:
    monkeypatch.setattr(callers, name, mutant)
    try:
        [sentence] = as_a_service(world, operation)
    except AssertionError:  # the answer names another scope
        return
    assert sentence.startswith(f"{operation} answers ")
