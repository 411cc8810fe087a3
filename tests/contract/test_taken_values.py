"""A value that another row has: a create and an update answer the `<field>_exists` of their documents."""

import pytest

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


@pytest.mark.parametrize(("operation", "field"), of_fields("create"))
def test_a_create_is_refused(world: World, operation: str, field: str) -> None:
    path, body = world.path(samples()[operation].path), world.body(operation) or {}
    assert world.admin.post(path, json=body).status == 201
    again = world.admin.post(path, json=(world.body(operation) or {}) | {field: body[field]})
    assert (again.status, again.error) == (400, f"{field}_exists")


@pytest.mark.parametrize(("operation", "field"), of_fields("update"))
def test_an_update_is_refused(world: World, operation: str, field: str) -> None:
    create = f"create_{resource_of(operation)}"
    path = world.path(samples()[create].path)
    first, second = (world.admin.post(path, json=world.body(create)) for _ in range(2))
    answer = world.admin.put(second.headers["location"], json={field: first.json()[field]})
    assert (answer.status, answer.error) == (400, f"{field}_exists")
