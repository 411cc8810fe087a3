"""Whatever an event holds, the answer is the API's own."""

import copy
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.support.client import Answer, Client, as_answer, handler_of, make_event

ITEM = "/api/v1/gadgets/1"


@pytest.fixture
def api(api: Client) -> Client:
    api.post("/api/v1/gadgets", json={"name": "pen"})
    return api


def an_event(api: Client, **options: Any) -> dict[str, Any]:
    return make_event(
        "PUT", "/api/v1/gadgets/{id}", ITEM, claims=api.claims, json={"name": "pencil"}, **options
    )


def answer_to(event: Any, operation: str = "update_gadget") -> Answer:
    return as_answer(handler_of(operation)(event, None))


@pytest.mark.parametrize("value", ["\udcff", "\ud800", "\xff", "ÿ", "\U0001f600", "\x00", ""])
@pytest.mark.parametrize("name", ["user-agent", "cookie", "x-\udcff", "accept", "host"])
def test_a_header_of_any_bytes_is_no_hindrance(api: Client, name: str, value: str) -> None:
    answer = api.get(ITEM, headers={name: value})
    assert (answer.status, answer.json()["name"]) == (200, "pen")


@pytest.mark.parametrize("name", ["Idempotency-Key", "Content-Type"])
def test_a_header_that_is_read_is_refused_when_it_is_not_ascii(api: Client, name: str) -> None:
    for value in ("\udcff", "\xff", "\ud800"):
        answer = api.post("/api/v1/gadgets", json={"name": "x"}, headers={name: value})
        assert answer.error in {"validation_error", "unsupported_media_type"}


@pytest.mark.parametrize("value", ["\ud800", "\udcff", "\x00", "a/b", ""])
def test_a_parent_of_any_text_is_refused_with_an_idempotency_key(api: Client, value: str) -> None:
    path, headers = "/api/v1/lockers/{id}/parcels", {"Idempotency-Key": "k"}
    event = make_event("POST", path, path, json={}, headers=headers, claims=api.claims)
    event["pathParameters"] = {"id": value}
    answer = answer_to(event, "create_parcel")
    assert answer.status in {404, 422} and answer.error in {"route_not_found", "validation_error"}


@pytest.mark.parametrize("host", ["a/b", "a#b", "a?b", "[", "[::", "a:b:c", "@", "", "\xe9", "x" * 8000])
def test_no_answer_depends_on_host(api: Client, host: str) -> None:
    def call(method: str, host: str, **options: Any) -> Answer:
        event = make_event(method, "/api/v1/gadgets", "/api/v1/gadgets", claims=api.claims, **options)
        event["headers"]["host"] = event["requestContext"]["domainName"] = host
        return answer_to(event, "list_gadgets" if method == "GET" else "create_gadget")

    create = {"json": {"name": "x"}, "headers": {"Idempotency-Key": "k"}}
    first = call("POST", "api.test", **create)
    again = call("POST", host, **create)
    assert (again.status, again.body) == (201, first.body)
    page = {"query": {"limit": 1}}
    expected, answer = call("GET", "api.test", **page), call("GET", host, **page)
    assert (answer.status, answer.body) == (200, expected.body)
    assert answer.headers["link"] == expected.headers["link"]


@pytest.mark.parametrize("body", ["e30", "e30==", "e3=0", "{}", "é", "\ud800", "====", "e30\n="])
def test_a_body_that_is_not_the_base64_it_says_is_refused(api: Client, body: str) -> None:
    answer = answer_to(an_event(api) | {"body": body, "isBase64Encoded": True})
    assert (answer.status, answer.error) == (400, "invalid_event")
    assert answer.headers["cache-control"] == "no-store"


def test_a_body_of_text_with_a_lone_surrogate_is_no_json(api: Client) -> None:
    answer = answer_to(an_event(api) | {"body": '{"name": "\udcff"}', "isBase64Encoded": False})
    assert (answer.status, answer.error) == (400, "invalid_json")


def test_an_event_that_is_refused_keeps_its_request_id(api: Client) -> None:
    event = an_event(api) | {"cookies": [1]}
    answer = answer_to(event)
    assert (answer.status, answer.error) == (400, "invalid_event")
    assert answer.headers["x-request-id"] == event["requestContext"]["requestId"]


def test_a_parameter_is_not_expanded_twice(api: Client) -> None:
    """A value that looks like another parameter's place stays a value."""
    from shared.http.event import path_of

    event = {
        "routeKey": "GET /a/{id}/b/{name}",
        "pathParameters": {"id": "{name}", "name": "{id}"},
    }
    assert path_of(event) == "/a/{name}/b/{id}"
    assert path_of(event | {"pathParameters": {"id": r"\g<0>", "name": "a/b"}}) == r"/a/\g<0>/b/a%2Fb"


ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(st.characters(), max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
PLACES = [
    ("version",),
    ("routeKey",),
    ("rawPath",),
    ("rawQueryString",),
    ("headers",),
    ("headers", "host"),
    ("headers", "content-type"),
    ("headers", "if-match"),
    ("headers", "cookie"),
    ("cookies",),
    ("pathParameters",),
    ("pathParameters", "id"),
    ("body",),
    ("isBase64Encoded",),
    ("stageVariables",),
    ("requestContext",),
    ("requestContext", "requestId"),
    ("requestContext", "domainName"),
    ("requestContext", "http"),
    ("requestContext", "http", "method"),
    ("requestContext", "http", "sourceIp"),
    ("requestContext", "authorizer"),
    ("requestContext", "authorizer", "jwt"),
    ("requestContext", "authorizer", "jwt", "claims"),
    ("requestContext", "authorizer", "jwt", "claims", "sub"),
]
TEXTS = st.text(st.characters(), max_size=12)  # lone surrogates too
MEMBERS = st.tuples(st.sampled_from(PLACES), ANYTHING | TEXTS | st.lists(TEXTS, max_size=2))


@settings(
    max_examples=300,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@example(changes=[(("headers", "user-agent"), "\udcff")], missing=[])
@example(changes=[(("requestContext", "requestId"), "ÿ\n")], missing=[])
@example(changes=[(("pathParameters", "id"), 1)], missing=[])
@given(
    changes=st.lists(MEMBERS, max_size=3),
    missing=st.lists(st.sampled_from(PLACES), max_size=2),
)
def test_every_event_is_answered_in_the_apis_own_form(
    api: Client, changes: list[tuple[tuple[str, ...], Any]], missing: list[tuple[str, ...]]
) -> None:
    event = copy.deepcopy(an_event(api))
    for place, value in changes:
        _set(event, place, value)
    for place in missing:
        _remove(event, place)
    answer = answer_to(event)
    if answer.status >= 400:
        assert answer.error
    else:
        assert (answer.status, set(answer.json())) == (200, {"id", "name", "description"})


def _inner(event: Any, place: tuple[str, ...]) -> Any:
    for name in place[:-1]:
        event = event.get(name) if isinstance(event, dict) else None
    return event


def _set(event: dict[str, Any], place: tuple[str, ...], value: Any) -> None:
    if isinstance(holder := _inner(event, place), dict):
        holder[place[-1]] = value


def _remove(event: dict[str, Any], place: tuple[str, ...]) -> None:
    if isinstance(holder := _inner(event, place), dict):
        holder.pop(place[-1], None)
