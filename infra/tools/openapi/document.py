"""Makes the whole document: FastAPI's, tidied, with the parts that follow from conventions."""

import importlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from shared import __version__
from shared.http.entity_tags import IF_MATCH_ON_GET, IF_NONE_MATCH
from shared.http.errors import in_words
from shared.identity.callers import CurrentUser
from shared.runtime.product import TITLE

import yaml  # type: ignore[import-untyped]
from fastapi.openapi.utils import get_openapi

from infra.tools.openapi.examples import NoExample, example_of
from infra.tools.openapi.login import login_body, login_schemas, token_body
from infra.tools.openapi.operation_errors import errors_of
from infra.tools.openapi.operations import Operation, modules_of_routes, operations, resources
from infra.tools.openapi.responses import Responses
from infra.tools.openapi.schemas import (
    defaults_in_words,
    of_parameter,
    public_name,
    renamed,
    share_descriptions,
    tidy,
)

BY_HAND: dict[str, dict[str, Any]] = yaml.safe_load(Path(__file__).with_name("by_hand.yaml").read_text())
CONDITIONS = [
    {"name": name, "in": "header", "required": False, "description": text, "schema": {"type": "string"}}
    for name, text in (("If-Match", IF_MATCH_ON_GET), ("If-None-Match", IF_NONE_MATCH))
]


def make_document(modules: Iterable[str] | None = None) -> dict[str, Any]:
    """Returns the document of the routes in these modules, by default in those of functions/.

    Errors: NoExample, for a property that nothing gives an example of.
    """
    found = operations(modules_of_routes() if modules is None else modules)
    plain = renamed(tidy(get_openapi(title="", version="", routes=[each.route for each in found])))
    schemas = _schemas(plain)
    responses = Responses(schemas)
    paths = _paths(found, plain["paths"], schemas, responses)
    document = {
        "openapi": "3.1.0",
        "info": {
            "title": TITLE,
            "version": __version__,
            "description": Path(__file__).with_name("description.md").read_text(),
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/", "description": "Where this document was read"}],
        "tags": _tags(found),
        "paths": paths,
        "components": {
            "schemas": dict(sorted(schemas.items())),
            "responses": dict(sorted((responses.components | BY_HAND["responses"]).items())),
            "headers": BY_HAND["headers"],
            "securitySchemes": BY_HAND["securitySchemes"],
        },
    }
    _share_parameters(document)
    return document


def _paths(
    found: list[Operation], plain: dict[str, Any], schemas: dict[str, Any], responses: Responses
) -> dict[str, Any]:
    """Returns the operations by path and method; files and plain handlers come last, by name."""
    by_path = resources(found)
    paths: dict[str, Any] = {}
    last = {each["get"]["operationId"]: (path, each["get"]) for path, each in BY_HAND["paths"].items()}
    for operation in found:
        method = operation.method.lower()
        described = _operation(operation, plain[operation.path][method], schemas, responses, by_path)
        if operation.is_file:
            last[operation.name] = (operation.path, described)
        else:
            paths.setdefault(operation.path, {})[method] = described
    return paths | {path: {"get": described} for _, (path, described) in sorted(last.items())}


def _schemas(plain: dict[str, Any]) -> dict[str, Any]:
    """Returns the schemas by their public names."""
    own = plain["components"]["schemas"] | tidy(login_schemas())
    for unused in ("HTTPValidationError", "ValidationError"):
        own.pop(unused, None)
    share_descriptions(own)
    defaults_in_words(own)
    named = {public_name(name): schema for name, schema in own.items()}
    assert len(named) == len(own), "two schemas have one public name"
    return named | BY_HAND["schemas"]


def _operation(
    operation: Operation,
    told: dict[str, Any],
    schemas: dict[str, Any],
    responses: Responses,
    by_path: dict[str, str],
) -> dict[str, Any]:
    docstring = operation.docstring
    made: dict[str, Any] = {
        "operationId": operation.name,
        "tags": [in_words(operation.domain)],
        "summary": docstring.summary,
        "description": "\n\n".join(filter(None, (f"{docstring.summary}.", docstring.more))),
    }
    # The token first: generated clients take the first of them.
    schemes: list[dict[str, list[str]]] = [{"AccessToken": []}, {"Login": []}]
    made["security"] = schemes if operation.depends_on(CurrentUser) else []
    fields: set[str] | None = None
    found = told.get("parameters", [])
    parameters = [_parameter(operation.name, each, _fields(told, schemas)) for each in found]
    if operation.is_conditional_read:
        parameters += CONDITIONS
    if parameters:
        made["parameters"] = parameters
    if body := told.get("requestBody"):
        media = body["content"]["application/json"]
        fields = set(schemas[media["schema"]["$ref"].rpartition("/")[2]]["properties"])
        media["example"] = example_of(media["schema"], schemas)
        made["requestBody"] = body
    elif operation.name in ("login", "web_login"):
        made["requestBody"], fields = login_body(schemas), set()
    elif operation.name == "issue_token":
        made["requestBody"] = token_body(schemas)
    made["responses"] = responses.of(operation, told["responses"], errors_of(operation, fields, by_path))
    return made


def _parameter(operation: str, told: dict[str, Any], fields: set[str]) -> dict[str, Any]:
    """Returns the parameter. A filter by a field of the rows is described by its name.

    Errors: NoExample, for any other parameter without a description.
    """
    if "example" in told:  # which the app describes in full
        return told
    name = told["name"]
    if "description" not in told and not fields & {name, f"{name}s"}:
        raise NoExample(
            f"{operation} has {name}, which is no field of its rows, without a description:"
            " give it Query(description=...), such as 'Only rows from this date on'"
        )
    filters = {"description": f"Only rows with this `{name}`"}
    return filters | told | {"schema": of_parameter(told["schema"])}


def _fields(told: dict[str, Any], schemas: dict[str, Any]) -> set[str]:
    """The names that a list's rows have; none for other answers."""
    content = told["responses"].get("200", {}).get("content", {})
    of_rows = content.get("application/json", {}).get("schema", {}).get("items", {})
    row = schemas.get(of_rows.get("$ref", "").rpartition("/")[2], {})
    return set(row.get("properties", {}))


def _tags(found: list[Operation]) -> list[dict[str, Any]]:
    domains = sorted({each.domain for each in found})
    return [
        {"name": in_words(domain), "description": importlib.import_module(domain).__doc__}
        for domain in domains
    ]


def _share_parameters(document: dict[str, Any]) -> None:
    """Moves parameters that several operations take to one shared place."""
    lists = [
        operation["parameters"]
        for operations in document["paths"].values()
        for operation in operations.values()
        if "parameters" in operation
    ]
    everyone = [each for some in lists for each in some]
    shared = {_key(each): each for each in everyone if everyone.count(each) > 1}
    document["components"]["parameters"] = dict(sorted(shared.items()))
    for some in lists:
        some[:] = [
            {"$ref": f"#/components/parameters/{_key(each)}"} if shared.get(_key(each)) == each else each
            for each in some
        ]


def _key(parameter: dict[str, Any]) -> str:
    words = parameter["name"].replace("-", "_").split("_")
    return "".join(word[0].upper() + word[1:] for word in words)
