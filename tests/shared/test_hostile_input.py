"""What no schema expects: each is refused in the error body, and the very next request works."""

from collections.abc import Iterator

import pytest

from tests.support.client import Client, as_answer, dumps, handler_of, make_event

DEEP = b"[" * 100_000 + b"]" * 100_000


@pytest.fixture
def api(api: Client) -> Iterator[Client]:
    api.post("/api/v1/gadgets", json={"name": "first"})
    yield api
    assert api.get("/api/v1/gadgets/1").json()["name"] == "first"


@pytest.mark.parametrize("text", ["a\0b", "\ud800", "a\udfffb", "\x1b[31m", "\x01"])
def test_text_that_the_database_cannot_hold(api: Client, text: str) -> None:
    for body in ({"name": text}, {"name": "x", "description": text}):
        answer = api.post("/api/v1/gadgets", json=body)
        assert (answer.status, answer.error) == (422, "validation_error")
        assert api.put("/api/v1/gadgets/1", json=body).status == 422


@pytest.mark.parametrize(
    ("body", "status", "error"),
    [
        (b"{", 400, "invalid_json"),
        (b"\xff\xfe{}", 400, "invalid_json"),
        (b'{"name": "\xff"}', 400, "invalid_json"),
        (DEEP, 400, "invalid_json"),
        (b'{"name": ' + DEEP + b"}", 400, "invalid_json"),
        (b'{"name": ' + b"9" * 5000 + b"}", 400, "invalid_json"),
        (b'{"name": NaN}', 400, "invalid_json"),
        (b'{"name": 1e999}', 422, "validation_error"),
        (b"null", 422, "validation_error"),
        (b"", 422, "validation_error"),
        (b'{"\\ud800": 1, "name": "x"}', 422, "validation_error"),
        (dumps({f"field{n}": n for n in range(20_000)}), 422, "validation_error"),
        (dumps({"name": "x" * 2**21}), 413, "payload_too_large"),
        (b" " * (2**20 + 1), 413, "payload_too_large"),
        (b"{}" + b" " * (2**20 - 2), 422, "validation_error"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_bodies(api: Client, body: bytes, status: int, error: str) -> None:
    answer = api.post("/api/v1/gadgets", body=body)
    assert (answer.status, answer.error) == (status, error)
    assert len(answer.body) < 10_000


@pytest.mark.parametrize("media_type", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_media_types(api: Client, media_type: str) -> None:
    answer = api.post("/api/v1/gadgets", body=b'{"name": "x"}', headers={"Content-Type": media_type})
    assert (answer.status, answer.error) == (415, "unsupported_media_type")


def test_a_charset_beside_the_media_type_is_fine(api: Client) -> None:
    headers = {"Content-Type": "Application/JSON; charset=utf-8"}
    assert api.post("/api/v1/gadgets", body=b'{"name": "x"}', headers=headers).status == 201


@pytest.mark.parametrize(
    "item_id", ["%252e", "%252e%252e%252f", "a%2Fb", "%00", "%ff", "..", "%E2%80%AE", "9" * 400]
)
def test_path_values(api: Client, item_id: str) -> None:
    answer = api.get(f"/api/v1/gadgets/{item_id}")
    assert (answer.status, answer.error) == (422, "validation_error")


@pytest.mark.parametrize(
    "headers", [{"Host": "[::"}, {"X-Forwarded-Port": "x"}, {"X-Forwarded-Port": ""}, {"é": "é"}]
)
def test_headers(api: Client, headers: dict[str, str]) -> None:
    assert api.get("/api/v1/gadgets/1", headers=headers).status == 200


@pytest.mark.parametrize("event", [None, {}, [], "text", {"version": "1.0"}, {"version": "2.0"}])
def test_events_of_another_kind(api: Client, event: object) -> None:
    answer = as_answer(handler_of("get_gadget")(event, None))
    assert (answer.status, answer.json()["error"]) == (400, "invalid_event")


def test_another_method_by_direct_invocation(api: Client) -> None:
    event = make_event("PATCH", "/api/v1/gadgets/{id}", "/api/v1/gadgets/1")
    answer = as_answer(handler_of("get_gadget")(event, None))
    assert (answer.status, answer.error) == (405, "method_not_allowed")
