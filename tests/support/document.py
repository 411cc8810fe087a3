"""Checks answers against the API document, which must describe every answer."""

import gzip
import json
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema_rs import Draft202012Validator, ValidationError

from infra.tools.openapi.document import make_document

ROOT = Path(__file__).parents[2]

# By operation, status and, of errors, their code: what the answers of this process were.
seen: set[tuple[str, str, str]] = set()
GATEWAYS_FIELDS = {"apigw-requestid", "connection", "date"}
UNSAID = {"content-length", "content-type"}  # of a body; the document says its kind
UNSAID |= {"strict-transport-security", "x-content-type-options"}  # of every answer: test_headers.py


@cache
def document() -> dict[str, Any]:
    return json.loads((ROOT / "docs/openapi.json").read_text())


@cache
def sample_document() -> dict[str, Any]:
    """Returns the document of tests/sample, which is made as docs/openapi.json is."""
    files = (ROOT / "tests/sample").glob("[!_]*.py")
    made = make_document(f"tests.sample.{file.stem}" for file in files)
    return json.loads(json.dumps(made))


@cache
def operations(of_sample: bool = False) -> dict[str, dict[str, Any]]:
    paths = (sample_document() if of_sample else document())["paths"].values()
    return {operation["operationId"]: operation for path in paths for operation in path.values()}


def resolved(shape: dict[str, Any], of_sample: bool = False) -> dict[str, Any]:
    while "$ref" in shape:
        _, _, kind, name = shape["$ref"].split("/")
        shape = (sample_document() if of_sample else document())["components"][kind][name]
    return shape


def documented() -> Iterator[tuple[str, str, str]]:
    """Returns each documented status of each operation, and each error code."""
    for name, operation in operations().items():
        for status, response in operation["responses"].items():
            if status != "default":
                examples = (
                    resolved(response).get("content", {}).get("application/json", {}).get("examples", {})
                )
                for code in _codes(status, examples) or {""}:
                    yield name, status, code


def check_documented(operation: str, answer: Any) -> None:
    """Errors: AssertionError, for an answer of a test client that the document does not describe."""
    of_sample = operation not in operations()
    response = operations(of_sample)[operation]["responses"].get(str(answer.status))
    assert response is not None, f"docs/openapi.json does not say that {operation} answers {answer.status}"
    response = resolved(response, of_sample)
    problems = [*_headers(response, answer, of_sample), *_body(response, answer, of_sample)]
    assert not problems, f"{operation}, {answer.status}: {'; '.join(problems)}: not as in docs/openapi.json"
    seen.add((operation, str(answer.status), _code(response, answer)))


def hold_over_http(operation: str, answer: Any) -> None:
    """Checks an answer that came through a gateway, whose own errors have another form."""
    if "x-request-id" in answer.headers:
        fields = {
            name: value
            for name, value in answer.headers.items()
            if name not in GATEWAYS_FIELDS and not name.startswith("access-control-")
        }
        check_documented(operation, replace(answer, headers=fields))
    elif "apigw-requestid" in answer.headers:
        said = answer.json()  # the local one adds an error's place, for the author of the edit
        assert isinstance(said.pop("message"), str) and set(said) <= {"error"}, answer.body


def _headers(response: dict[str, Any], answer: Any, of_sample: bool) -> Iterator[str]:
    said = {name.lower(): resolved(header, of_sample) for name, header in response["headers"].items()}
    came = {name.lower() for name in answer.headers}
    for name in sorted(came - set(said) - UNSAID):
        yield f"the header {name}"
    always = {name for name, header in said.items() if header.get("required")} | {"x-request-id"}
    for name in sorted(always - came):
        yield f"no header {name}"


def _body(response: dict[str, Any], answer: Any, of_sample: bool) -> Iterator[str]:
    content = response.get("content", {})
    kind = answer.headers.get("content-type", "").partition(";")[0]
    if not content or not answer.body:
        if content or answer.body:
            yield "a body" if answer.body else "no body"
    elif kind not in content:
        yield f"a body of the kind {kind!r}"
    elif kind.endswith("json"):
        try:
            compressed = answer.headers.get("content-encoding") == "gzip"
            text = gzip.decompress(answer.body) if compressed else answer.body
            _validator(json.dumps(content[kind]["schema"]), of_sample).validate(json.loads(text))
        except ValidationError as error:
            yield f"{'/'.join(map(str, error.instance_path))}: {error.message}"


def _code(response: dict[str, Any], answer: Any) -> str:
    examples = response.get("content", {}).get("application/json", {}).get("examples")
    if not examples:
        return ""
    code = str(answer.json()["error"])
    assert code in examples, f"docs/openapi.json does not say that {answer.status} can be {code}"
    return code if code in _codes(str(answer.status), examples) else ""


def _codes(status: str, examples: Any) -> set[str]:
    """Returns the codes that differ: the code of an internal error depends on its place."""
    return set() if status == "500" else set(examples) - {"gateway"}


@cache
def _validator(schema: str, of_sample: bool) -> Draft202012Validator:
    """Validates a function's answer strictly: no unknown fields, and no gateway's form."""
    described = sample_document() if of_sample else document()
    of = {"components": described["components"]} | _without_gateway(json.loads(schema))
    return Draft202012Validator(_closed(of), validate_formats=True)


def _without_gateway(schema: dict[str, Any]) -> dict[str, Any]:
    match schema:
        case {"anyOf": [dict(own), {"$ref": "#/components/schemas/GatewayError"}]}:
            return own
    return schema


def _closed(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_closed(each) for each in schema]
    if isinstance(schema, dict):
        made = {name: _closed(value) for name, value in schema.items()}
        return {"additionalProperties": False} | made if isinstance(made.get("properties"), dict) else made
    return schema
