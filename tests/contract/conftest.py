import pytest
import sqlalchemy as sa

from tests.conftest import NewUser
from tests.support.sample_calls import World


@pytest.fixture
def world(db: sa.Connection, new_user: NewUser, signing_key: object) -> World:
    return World(db, new_user)
