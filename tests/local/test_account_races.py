"""Accounts over `make run`: real processes, calls that overlap, the gateway in front."""

import subprocess
import sys
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from infra.local.config import Config
from infra.local.running_stack import read_state
from tests.emulator.client import HttpAnswer
from tests.local.conftest import Stack
from tests.support.client import ROOT

pytestmark = pytest.mark.slow
PASSWORD = "correct horse battery"


class Visitor:
    """Someone who registers and signs in by the API alone."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.username = f"v{uuid.uuid4().hex[:12]}"
        body = {"username": self.username, "email": f"{self.username}@example.com", "password": PASSWORD}
        self.id = stack.call("POST", "/api/v1/auth/register", body, token=None).json()["id"]

    def sign_in(self) -> dict[str, Any]:
        body = {"username": self.username, "password": PASSWORD}
        return self.stack.call("POST", "/api/v1/auth/login", body, token=None).json()

    def refresh(self, token: str) -> HttpAnswer:
        return self.stack.call("POST", "/api/v1/auth/refresh", {"refresh_token": token}, token=None)

    def logout(self, token: str) -> HttpAnswer:
        return self.stack.call("POST", "/api/v1/auth/logout", {"refresh_token": token}, token=None)


@pytest.fixture
def visitor(stack: Stack) -> Visitor:
    return Visitor(stack)


@pytest.fixture
def db(stack: Stack) -> Iterator[sa.Connection]:
    config = Config("127.0.0.1", stack.port, stack.data_dir, None, None)
    engine = sa.create_engine(read_state(config).database_url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        yield connection


def test_from_register_to_logout(stack: Stack, visitor: Visitor, db: sa.Connection) -> None:
    first = visitor.sign_in()
    me = stack.call("GET", "/api/v1/users/me", token=first["access_token"])
    assert (me.status, me.json()["username"]) == (200, visitor.username)
    second = visitor.refresh(first["refresh_token"]).json()
    assert stack.call("GET", "/api/v1/users/me", token=second["access_token"]).status == 200
    db.execute(sa.text("UPDATE refresh_families SET last_used_at = last_used_at - interval '11 seconds'"))
    db.commit()
    assert visitor.refresh(first["refresh_token"]).status == 401  # a thief's, or the victim's
    assert visitor.refresh(second["refresh_token"]).status == 401  # either way the family is dead
    third = visitor.sign_in()
    ended = visitor.logout(third["refresh_token"])
    assert (ended.status, ended.headers.get("content-type")) == (204, None)
    assert visitor.refresh(third["refresh_token"]).status == 401


def test_a_refresh_token_is_no_access_token(stack: Stack, visitor: Visitor) -> None:
    answer = stack.call("GET", "/api/v1/users/me", token=visitor.sign_in()["refresh_token"])
    assert (answer.status, answer.body) == (401, b'{"message":"Unauthorized"}')


def test_racing_refreshes_give_pairs_of_one_session_which_lives(visitor: Visitor) -> None:
    token = visitor.sign_in()["refresh_token"]
    with ThreadPoolExecutor(3) as pool:
        answers = list(pool.map(lambda _: visitor.refresh(token), range(3)))
    assert [answer.status for answer in answers] == [200] * 3
    assert visitor.refresh(answers[1].json()["refresh_token"]).status == 200


def test_of_more_racing_refreshes_three_give_a_pair(visitor: Visitor) -> None:
    token = visitor.sign_in()["refresh_token"]
    with ThreadPoolExecutor(5) as pool:
        answers = list(pool.map(lambda _: visitor.refresh(token), range(5)))
    assert sorted(answer.status for answer in answers) == [200, 200, 200, 401, 401]


def test_thirty_follows_at_once_make_one_row(stack: Stack, visitor: Visitor, db: sa.Connection) -> None:
    follower = Visitor(stack)
    token = follower.sign_in()["access_token"]

    def follow(_: int) -> int:
        return stack.call("PUT", f"/api/v1/users/{visitor.id}/follow", token=token).status

    with ThreadPoolExecutor(10) as pool:  # as many as a function has workers
        assert list(pool.map(follow, range(30))) == [204] * 30
    count = sa.text("SELECT count(*) FROM follows WHERE followed_id = :id")
    assert db.scalar(count, {"id": visitor.id}) == 1


def test_registrations_that_race_for_a_name_make_one_user(stack: Stack) -> None:
    name = f"v{uuid.uuid4().hex[:12]}"
    body = {"username": name, "email": f"{name}@example.com", "password": PASSWORD}

    def register(_: int) -> int:
        return stack.call("POST", "/api/v1/auth/register", body, token=None).status

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(register, range(8))) == [201] + [400] * 7


def make_admin(stack: Stack, username: str) -> tuple[int, str]:
    ran = subprocess.run(
        [sys.executable, "-m", "infra.local.admin", username],
        cwd=ROOT,
        env={"DATA_DIR": str(stack.data_dir), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    return ran.returncode, ran.stderr


def test_make_admin_makes_the_first_admin(stack: Stack, visitor: Visitor) -> None:
    assert make_admin(stack, visitor.username) == (0, "")
    token = visitor.sign_in()["access_token"]
    assert stack.call("GET", "/api/v1/users", token=token).status == 200
    assert make_admin(stack, "nobody_at_all") == (1, "error: no user is called nobody_at_all\n")


def test_the_private_key_is_its_owners_alone(stack: Stack) -> None:
    for name in ("issuer-key.pem", "stack.json"):
        assert Path(stack.data_dir / name).stat().st_mode & 0o077 == 0
