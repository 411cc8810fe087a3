"""The items suite runs twice: over the code as it lies here, and over what was built of it."""

from dataclasses import replace

import pytest

from tests.conftest import NewUser
from tests.support.client import Client


@pytest.fixture(params=["code", pytest.param("artifact", marks=pytest.mark.artifact)])
def api(request: pytest.FixtureRequest, new_user: NewUser) -> Client:
    client = new_user("demo")
    if request.param == "artifact":
        return replace(client, run=request.getfixturevalue("artifact").run)
    return client
