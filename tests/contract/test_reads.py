"""Rules for every route that reads one row."""

import pytest

from tests.support.sample_calls import World, of_kind, samples

pytestmark = pytest.mark.parametrize("operation", of_kind("read"))


def test_it_says_304_to_who_has_it_already(world: World, operation: str) -> None:
    place = world.path(samples()[operation].path)
    answer = world.admin.get(place)
    assert answer.status == 200
    etag = answer.headers["etag"]
    assert etag.startswith('"')
    known = world.admin.get(place, headers={"If-None-Match": etag})
    assert (known.status, known.body, known.headers["etag"]) == (304, b"", etag)
    assert world.admin.get(place, headers={"If-None-Match": '"other"'}).status == 200
    assert world.admin.get(place, headers={"If-Match": etag}).status == 200
    stale = world.admin.get(place, headers={"If-Match": '"other"'})
    assert (stale.status, stale.error) == (412, "precondition_failed")


def test_it_refuses_unknown_parameters(world: World, operation: str) -> None:
    assert world.admin.get(world.path(samples()[operation].path) + "?colour=1").status == 422
