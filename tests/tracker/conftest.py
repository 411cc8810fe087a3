import pytest

from tests.conftest import NewUser
from tests.support.client import Client


@pytest.fixture
def stranger(api: Client, new_user: NewUser) -> Client:
    """Another user than the one of `api`."""
    return new_user("stranger")
