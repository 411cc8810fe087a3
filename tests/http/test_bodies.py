"""JSON as the contract has it: UTF-8, no extensions, no look-alikes; login's body included."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from shared.http import Input

import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from tests.http.apps import APPS
from tests.support.client import Client

ENCODINGS = ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be", "utf-8-sig", "latin-1"]


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_json_is_utf_8(api: Client, signing_key: Path, encoding: str) -> None:
    for path, body in (
        ("/api/v1/gadgets", {"name": "é"}),
        ("/api/v1/auth/login", {"username": "é", "password": "correct horse"}),
    ):
        encoded = json.dumps(body, ensure_ascii=False).encode(encoding)
        answer = api.post(path, body=encoded)
        assert (answer.status, answer.error) == (400, "invalid_json"), path


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity"])
def test_json_has_no_number_that_is_none(api: Client, signing_key: Path, number: str) -> None:
    bodies = [
        ("/api/v1/gadgets", f'{{"name": {number}}}'),
        ("/api/v1/gadgets", f'{{"name": "x", "colour": [{number}]}}'),
        ("/api/v1/auth/login", f'{{"username": "x", "password": {number}}}'),
    ]
    for path, body in bodies:
        answer = api.post(path, body=body.encode())
        assert (answer.status, answer.error) == (400, "invalid_json"), body


@pytest.mark.parametrize(
    "changed",
    [
        {"printed_on": "1700006400"},
        {"printed_on": "2026-W01-1"},
        {"printed_on": "2026-1-031"},
        {"printed_on": "2026-02-30"},
        {"printed_on": "2026-01-31T00:00:00Z"},
        {"printed_on": 1700006400},
        {"gadget_id": 1.0},
        {"gadget_id": "1"},
        {"gadget_id": True},
        {"name": 1},
    ],
    ids=str,
)
def test_a_look_alike_of_a_date_or_an_id_is_refused(api: Client, changed: dict[str, Any]) -> None:
    answer = api.post("/api/v1/labels", json={"name": "T"} | changed)
    assert (answer.status, answer.error) == (422, "validation_error")


@pytest.mark.parametrize("value", ["no", "true", 0, 1, 1.0, "1"])
def test_a_look_alike_of_a_boolean_is_refused(api: Client, new_user: Any, value: object) -> None:
    admin = new_user("boss", role="admin")
    answer = admin.put("/api/v1/users/1", json={"is_active": value})
    assert (answer.status, answer.error) == (422, "validation_error")
    assert api.get("/api/v1/users/me").json()["is_active"] is True


@pytest.mark.parametrize("value", ["yes", "no", "on", "1", "0", "True", "t", ""])
def test_a_look_alike_of_a_boolean_in_a_query_is_refused(new_user: Any, value: str) -> None:
    admin = new_user("boss", role="admin")
    answer = admin.get("/api/v1/users", query={"is_active": value})
    assert (answer.status, answer.error) == (422, "validation_error")
    for flag in ("true", "false"):
        assert admin.get("/api/v1/users", query={"is_active": flag}).status == 200


@pytest.mark.parametrize("value", ["1.0", "1e1", "+1", " 1", "1_0", "01", "", "\uff11"])
@pytest.mark.parametrize("name", ["limit", "offset"])
def test_a_look_alike_of_an_integer_in_a_query_is_refused(api: Client, name: str, value: str) -> None:
    answer = api.get("/api/v1/gadgets", query={name: value})
    assert (answer.status, answer.error) == (422, "validation_error")


def test_an_offset_of_nothing_is_one(api: Client) -> None:
    assert api.get("/api/v1/gadgets?offset=0&limit=1").status == 200


def _query_parameters(dependant: Dependant) -> Iterator[Any]:
    yield from dependant.query_params
    for dependency in dependant.dependencies:
        yield from _query_parameters(dependency)


@pytest.mark.parametrize("operation", sorted(APPS))
class TestEveryRoute:
    def test_reads_its_body_strictly(self, operation: str) -> None:
        for field in APPS[operation].dependant.body_params:
            model = field.field_info.annotation
            assert isinstance(model, type) and issubclass(model, Input), f"{operation}: {field.name}"
            assert model.model_config["strict"] and model.model_config["extra"] == "forbid"

    def test_takes_no_look_alike_in_its_query(self, operation: str) -> None:
        route: APIRoute = APPS[operation]
        for parameter in _query_parameters(route.dependant):
            for look_alike in ("1.0", "+1", " 1", "yes", "on", "1_0"):
                value, errors = parameter.validate(look_alike, {}, loc=("query", parameter.alias))
                assert errors or isinstance(value, str), f"{operation} takes {parameter.alias}={look_alike}"


@pytest.mark.parametrize("coding", ["gzip", "br", "identity", "nonsense"])
@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/api/v1/gadgets", "application/json"),
        ("/api/v1/auth/login", "application/json"),
        ("/api/v1/auth/login", "application/x-www-form-urlencoded"),
    ],
)
def test_a_body_with_a_content_encoding_is_415(api: Client, path: str, kind: str, coding: str) -> None:
    headers = {"Content-Encoding": coding, "Content-Type": kind}
    answer = api.post(path, body=gzip.compress(b'{"name": "pen"}'), headers=headers)
    assert (answer.status, answer.error) == (415, "unsupported_media_type")
