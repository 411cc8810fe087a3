"""Rules for every route that creates."""

import pytest

from tests.support.sample_calls import TABLE, World, first_text, of_kind, resource_of, samples

HOSTILE = ["\x00", "\x1b", "\ud800"]

pytestmark = pytest.mark.parametrize("operation", of_kind("create"))


def test_it_answers_201_with_place_and_version(world: World, operation: str) -> None:
    answer = world.call(operation)
    assert answer.status == 201
    place = answer.headers["location"]
    assert place.endswith(f"/{answer.json()['id']}")
    if f"get_{resource_of(operation)}" in TABLE:
        read = world.admin.get(place)
        both = read.json().keys() & answer.json().keys()  # an invitation is answered with the private view
        assert {name: read.json()[name] for name in both} == {name: answer.json()[name] for name in both}
        assert read.headers["etag"] == answer.headers["etag"]


def test_a_key_makes_one_row_and_one_answer(world: World, operation: str) -> None:
    path, body = world.path(samples()[operation].path), world.body(operation) or {}
    key = {"Idempotency-Key": "k"}
    first, again = (world.admin.post(path, json=body, headers=key) for _ in range(2))
    assert (first.status, again.status) == (201, 201)
    assert first.body == again.body
    assert again.headers["idempotent-replayed"] == "true"
    for header in ("location", "etag"):
        assert first.headers[header] == again.headers[header]
    other = world.admin.post(path, json=body | {first_text(body): "other"}, headers=key)
    assert (other.status, other.error) == (422, "idempotency_key_reused")


def test_a_key_that_is_none_is_refused(world: World, operation: str) -> None:
    path, body = world.path(samples()[operation].path), world.body(operation)
    answer = world.admin.post(path, json=body, headers={"Idempotency-Key": "a b"})
    assert (answer.status, answer.error) == (422, "validation_error")


def test_unknown_fields_and_parameters_are_refused(world: World, operation: str) -> None:
    path, body = world.path(samples()[operation].path), world.body(operation) or {}
    assert world.admin.post(path, json=body | {"colour": 1}).error == "validation_error"
    assert world.admin.post(f"{path}?colour=1", json=body).error == "validation_error"


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_refused_and_the_next_call_works(world: World, operation: str, text: str) -> None:
    path, body = world.path(samples()[operation].path), world.body(operation) or {}
    answer = world.admin.post(path, json=body | {first_text(body): f"a{text}"})
    assert (answer.status, answer.error) == (422, "validation_error")
    assert world.admin.post(path, json=body).status == 201


@pytest.mark.parametrize(
    "name",
    ["   ", "\u200b", "\u200d\u200c", "\ufeff \u2003", "\u2060\u00ad", "\u3164\u2800", "\u2065\ufff3\u0301"],
)
def test_a_name_that_shows_nothing_is_refused(world: World, operation: str, name: str) -> None:
    path, body = world.path(samples()[operation].path), world.body(operation) or {}
    for field in {"name", "title", "author"} & set(body):
        answer = world.admin.post(path, json=body | {field: name})
        assert (answer.status, answer.error) == (422, "validation_error"), field
        shown = world.admin.post(
            path, json=body | {field: "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645"}
        )
        assert shown.status in (201, 400), field  # a joiner inside a name; 400 where it is taken
