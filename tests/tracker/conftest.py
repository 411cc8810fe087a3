import pytest

from tests.client import Client
from tests.conftest import NewUser


@pytest.fixture
def stranger(api: Client, new_user: NewUser) -> Client:
    """Another user than the one of `api`."""
    return new_user("stranger")
