"""A value that another row has: a create and an update answer the `<field>_exists` of their documents."""

import pytest

from tests.support.client import Answer
from tests.support.document import documented
from tests.support.sample_calls import World, of_kind, resource_of, samples


def of_fields(kind: str) -> list[tuple[str, str]]:
    """Returns the operation and the field of each such code, where the sample's body has the field."""
    found = []
    for operation, _, code in sorted(documented()):
        field, sample = code.removesuffix("_exists"), samples().get(operation)
        body = sample and sample.body
        if field != code and operation in of_kind(kind) and isinstance(body, dict) and field in body:
            found.append((operation, field))
    return found


def two_rows(world: World, resource: str) -> tuple[Answer, Answer]:
    """Makes two rows at one path."""
    path = world.path(samples()[f"create_{resource}"].path)
    first, second = (world.admin.post(path, json=world.body(f"create_{resource}")) for _ in range(2))
    return first, second


@pytest.mark.parametrize(("operation", "field"), of_fields("create"))
def test_a_create_is_refused(world: World, operation: str, field: str) -> None:
    path, body = world.path(samples()[operation].path), world.body(operation) or {}
    assert world.admin.post(path, json=body).status == 201
    again = world.admin.post(path, json=(world.body(operation) or {}) | {field: body[field]})
    assert (again.status, again.error) == (400, f"{field}_exists")


@pytest.mark.parametrize(("operation", "field"), of_fields("update"))
def test_an_update_is_refused(world: World, operation: str, field: str) -> None:
    first, second = two_rows(world, resource_of(operation))
    answer = world.admin.put(second.headers["location"], json={field: first.json()[field]})
    assert (answer.status, answer.error) == (400, f"{field}_exists")
