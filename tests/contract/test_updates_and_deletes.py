"""Rules for every route that updates or deletes."""

import re

import pytest

from tests.support.client import Answer
from tests.support.sample_calls import NOWHERE, TABLE, World, deployed, of_kind, resource_of, samples


@pytest.mark.parametrize("operation", of_kind("update"))
class TestUpdates:
    def test_give_the_new_version_and_refuse_a_stale_one(self, world: World, operation: str) -> None:
        place, body = world.path(samples()[operation].path), world.body(operation) or {}
        first = world.admin.put(place, json={})
        assert first.status == 200
        before = self.shown(world, operation, place)
        version = {"If-Match": first.headers["etag"]}
        second = world.admin.put(place, json=body, headers=version)
        assert second.status == 200
        assert {name: second.json()[name] for name in body} == body
        after = self.shown(world, operation, place)
        if after is not None:
            assert second.headers["etag"] == after.headers["etag"]
            if before is not None and after.body == before.body:
                return  # what was changed is not shown there
        assert second.headers["etag"] != first.headers["etag"]
        stale = world.admin.put(place, json=body, headers=version)
        assert (stale.status, stale.error) == (412, "precondition_failed")

    def shown(self, world: World, operation: str, place: str) -> Answer | None:
        reads = f"get_{resource_of(operation)}" in TABLE
        return world.admin.get(place) if reads else None

    def test_refuse_unknown_fields(self, world: World, operation: str) -> None:
        place = world.path(samples()[operation].path)
        assert world.admin.put(place, json={"colour": 1}).error == "validation_error"
        assert world.admin.put(f"{place}?colour=1", json={}).error == "validation_error"


OF_A_ROW = [each for each in of_kind("update") + of_kind("delete") if "{" in samples()[each].path]


@pytest.mark.parametrize("operation", OF_A_ROW)
def test_404_comes_before_412(world: World, operation: str) -> None:
    nowhere = re.sub(r"{\w+}", str(NOWHERE), samples()[operation].path)
    body = {} if TABLE[operation]["kind"] == "update" else None
    stale = {"If-Match": '"x"'}
    answer = world.admin.call(TABLE[operation]["method"], nowhere, json=body, headers=stale)
    assert (answer.status, answer.error) == (404, f"{resource_of(operation)}_not_found")


@pytest.mark.parametrize("operation", of_kind("update") + of_kind("delete"))
def test_any_version_in_if_none_match_refuses_a_change(world: World, operation: str) -> None:
    method, place = TABLE[operation]["method"], world.path(samples()[operation].path)
    body = {} if method == "PUT" else None
    refused = world.admin.call(method, place, json=body, headers={"If-None-Match": "*"})
    assert (refused.status, refused.error) == (412, "precondition_failed")
    assert world.admin.call(method, place, json=body, headers={"If-None-Match": '"other"'}).status == 200


CONDITIONAL = ("read", "update", "delete")
FILES = ("docs", "redoc", "openapi_json")  # whose ETag is of the file
WITHOUT = [each for each in deployed() if TABLE[each]["kind"] not in CONDITIONAL and each not in FILES]


@pytest.mark.parametrize("operation", WITHOUT)
def test_an_operation_without_a_version_ignores_both(
    world: World, operation: str, signing_key: object
) -> None:
    method, place = TABLE[operation]["method"], world.path(samples()[operation].path)
    headers = {"If-Match": '"other"', "If-None-Match": "*"}
    answer = world.admin.call(method, place, json=world.body(operation), headers=headers)
    assert answer.status == int(TABLE[operation]["status"])


@pytest.mark.parametrize("operation", of_kind("delete"))
class TestDeletes:
    def test_give_the_row_back_unless_it_is_another_version(self, world: World, operation: str) -> None:
        created = world.create(resource_of(operation))
        place = created.headers["location"]
        stale = world.admin.delete(place, headers={"If-Match": '"other"'})
        assert (stale.status, stale.error) == (412, "precondition_failed")
        answer = world.admin.delete(place, headers={"If-Match": created.headers["etag"]})
        assert (answer.status, answer.json()) == (200, created.json())
        gone = world.admin.delete(place)
        assert (gone.status, gone.error) == (404, f"{resource_of(operation)}_not_found")
