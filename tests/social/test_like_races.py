"""Fifty likes at once, over HTTP: exactly fifty, or exactly one."""

import json
from concurrent.futures import ThreadPoolExecutor

from shared.models.users import User

import pytest
import sqlalchemy as sa

from tests.local.conftest import Stack

MANY = 50


def users_of(stack: Stack) -> list[int]:
    url = json.loads((stack.data_dir / "stack.json").read_text())["database_url"]
    rows = [{"username": f"fan{number}", "username_key": f"fan{number}"} for number in range(MANY)]
    with sa.create_engine(url, poolclass=sa.NullPool).begin() as db:
        return list(db.scalars(sa.insert(User).returning(User.id), rows))


@pytest.mark.sweep
def test_fifty_users_like_at_once_and_one_user_fifty_times(stack: Stack) -> None:
    by_all, by_one = (
        stack.call("POST", "/api/v1/posts", {"content": "hello"}).json()["id"] for _ in range(2)
    )
    fans = users_of(stack)

    def like(call: tuple[int, int]) -> int:
        post, fan = call
        token = stack.signer.token(sub=str(fan))
        return stack.call("PUT", f"/api/v1/posts/{post}/like", token=token).status

    calls = [(by_all, fan) for fan in fans] + [(by_one, fans[0])] * MANY
    with ThreadPoolExecutor(20) as pool:
        assert set(pool.map(like, calls)) == {204}
    shown = {post["id"]: post for post in stack.call("GET", "/api/v1/posts/with_counts").json()}
    assert (shown[by_all]["likes_count"], shown[by_one]["likes_count"]) == (MANY, 1)
