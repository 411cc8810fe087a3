from collections.abc import Callable
from typing import Any

import pytest

from tests.conftest import NewUser
from tests.support.client import Client

type NewPost = Callable[..., dict[str, Any]]


@pytest.fixture
def stranger(api: Client, new_user: NewUser) -> Client:
    """Another user, whose id is 2, than the one of `api`."""
    return new_user("stranger")


@pytest.fixture
def post() -> NewPost:
    """Has a user write a post."""

    def write(author: Client, content: str = "hello") -> dict[str, Any]:
        answer = author.post("/api/v1/posts", json={"content": content})
        assert answer.status == 201, answer.body
        return answer.json()

    return write
