"""What routes depend on runs in the event loop: a hop to a thread costs more than the framework does."""

import inspect
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.dependencies.models import Dependant

from tests.http.apps import APPS


def calls(dependant: Dependant) -> Iterator[Any]:
    yield dependant.call
    for each in dependant.dependencies:
        yield from calls(each)


@pytest.mark.parametrize("operation", sorted(APPS))
def test_no_dependency_takes_a_thread(operation: str) -> None:
    in_threads = {call for call in calls(APPS[operation].dependant) if not inspect.iscoroutinefunction(call)}
    assert in_threads == set(), "write it as `async def`: FastAPI runs all others in threads"
