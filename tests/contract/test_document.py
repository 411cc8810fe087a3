"""The API document equals the code, the route table and the template, and is complete."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema_rs import Draft202012Validator

from infra.tools.openapi.__main__ import written
from infra.tools.openapi.document import make_document
from infra.tools.openapi.examples import NoExample, example_of
from infra.tools.openapi.operations import modules_of_routes
from infra.tools.openapi.schemas import public_name
from tests.contract.project import Project
from tests.http.apps import APPS
from tests.sample.models import Label
from tests.support.client import ROOT, ROUTES
from tests.support.document import document, operations, resolved

PROTECTED = [{"AccessToken": []}, {"Login": []}]  # generated clients take the first


def test_it_is_what_the_code_makes() -> None:
    assert (ROOT / "docs/openapi.json").read_text() == written(make_document()), "make openapi"


def test_each_app_describes_its_own_route() -> None:
    assert {each.rpartition(".")[2] for each in modules_of_routes()} == set(APPS)


def test_an_unused_import_adds_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """Labels say how a taken name is answered, and users have a name."""
    monkeypatch.setattr("accounts.update_me.Label", Label, raising=False)
    assert (ROOT / "docs/openapi.json").read_text() == written(make_document())


def test_its_operations_are_those_of_the_route_table() -> None:
    said = {
        (method.upper(), path, operation["operationId"])
        for path, methods in document()["paths"].items()
        for method, operation in methods.items()
    }
    assert said == {(row["method"], row["path"], row["operation_id"]) for row in ROUTES}


def test_its_paths_are_those_of_the_template() -> None:
    deployed = {route.key for route in Project(ROOT).deployed.values()}
    said = {f"{m.upper()} {path}" for path, methods in document()["paths"].items() for m in methods}
    of_the_issuer = {key for key in said if "/.well-known/" in key}
    assert said - of_the_issuer == deployed - of_the_issuer


def test_an_operation_asks_for_a_token_where_the_table_does() -> None:
    said = {name: operation["security"] for name, operation in operations().items()}
    assert said == {row["operation_id"]: [] if row["auth"] == "-" else PROTECTED for row in ROUTES}


def test_an_operation_succeeds_with_the_tables_status() -> None:
    said = {
        name: [status for status in operation["responses"] if status < "300"]
        for name, operation in operations().items()
    }
    assert said == {row["operation_id"]: [row["status"]] for row in ROUTES}


@pytest.mark.parametrize("operation", operations().values(), ids=operations())
def test_an_operation_is_told_in_words_and_by_examples_that_are_valid(operation: dict[str, Any]) -> None:
    assert operation["summary"] and operation["description"].endswith(".")
    for parameter in map(resolved, operation.get("parameters", [])):
        assert parameter["description"], parameter["name"]
    bodies = [operation.get("requestBody", {}), *map(resolved, operation["responses"].values())]
    for schema, example in [each for body in bodies for each in _examples(body)]:
        whole = {"components": document()["components"]} | schema
        Draft202012Validator(whole, validate_formats=True).validate(example)


def test_generators_of_clients_make_sendable_bodies_of_it() -> None:
    """One kind of body, so that its Content-Type is sent; no default, which makes a property required."""
    kinds = {
        name: list(operation["requestBody"]["content"])
        for name, operation in operations().items()
        if "requestBody" in operation
    }
    assert [name for name, some in kinds.items() if len(some) != 1] == []
    defaults = [
        f"{name}.{each}"
        for name, schema in document()["components"]["schemas"].items()
        for each, shape in schema.get("properties", {}).items()
        if "default" in shape
    ]
    assert defaults == []


def test_an_enumeration_has_one_name() -> None:
    texts = json.dumps(document())
    enums = re.findall(r'"enum": \[[^]]*\]', texts)
    assert len(enums) == len(set(enums)), sorted(enums)


def test_every_shared_part_is_used() -> None:
    used = set(_references(document()))
    for kind, parts in document()["components"].items():
        if kind != "securitySchemes":
            assert {f"#/components/{kind}/{name}" for name in parts} - used == set()


def test_a_text_without_an_example_is_said() -> None:
    book = {"properties": {"title": {"type": "string"}}}
    with pytest.raises(NoExample, match=r"Book.title has no example: give it one by Field\(examples="):
        example_of({"$ref": "#/components/schemas/Book"}, {"Book": book})


@pytest.mark.parametrize(
    ("name", "public"),
    [("BookOut", "Book"), ("BookCreate", "BookCreate"), ("notes__schemas__BookOut", "NotesBook")],
)
def test_a_schema_is_named_for_who_knows_no_views(name: str, public: str) -> None:
    assert public_name(name) == public


def _examples(body: dict[str, Any]) -> Iterator[tuple[dict[str, Any], Any]]:
    for media in body.get("content", {}).values():
        given = [each["value"] for each in media.get("examples", {}).values()]
        assert given or "example" in media
        for example in [*given, *([media["example"]] if "example" in media else [])]:
            yield media["schema"], example


def _references(of: Any) -> Iterator[str]:
    if isinstance(of, dict):
        for name, value in of.items():
            if name == "$ref":
                yield value
            else:
                yield from _references(value)
    elif isinstance(of, list):
        for each in of:
            yield from _references(each)


@pytest.mark.parametrize("name", ["LoginJson", "MailRequest", "PasswordChange"])
def test_what_a_user_has_is_not_described_as_what_a_newcomer_chooses(name: str) -> None:
    schemas = document()["components"]["schemas"]
    chosen = {each["description"] for each in schemas["Registration"]["properties"].values()}
    had = {key: each for key, each in schemas[name]["properties"].items() if key != "new_password"}
    assert had and not {each["description"] for each in had.values()} & chosen
