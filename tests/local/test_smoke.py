"""`make smoke` passes on a whole stack, and says in words what is missing of another."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.local.conftest import Stack, running_stack
from tests.support.client import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]  # each route's function starts


def smoke(url: str, **environment: str) -> tuple[int, list[str]]:
    ran = subprocess.run(
        ["make", "--no-print-directory", "smoke", f"URL={url}"],
        cwd=ROOT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    return ran.returncode, ran.stdout.splitlines()


def test_a_whole_stack_passes(stack: Stack) -> None:
    status, said = smoke(stack.origin)
    assert (status, len(said)) == (0, 1), said
    assert said[0].startswith(f"{stack.origin}: a user signed in")


def test_a_route_that_is_missing_is_named(project: Path, tmp_path: Path) -> None:
    template = project / "template.yaml"
    text = template.read_text()
    route = "Method: GET, Path: /api/v1/feed,"
    assert route in text
    template.write_text(text.replace(route, "Method: GET, Path: /api/v1/elsewhere,"))
    with running_stack(tmp_path / "data", project) as stack:
        status, said = smoke(stack.origin)
    assert status != 0
    assert said == [
        'error: GET /api/v1/feed: without a token it should be 401, and is 404 {"message":"Not Found"}',
        'error: GET /api/v1/feed: its function should answer, and there is 404 {"message":"Not Found"}',
    ]


def test_where_users_are_not_made_one_that_there_is_signs_in(stack: Stack) -> None:
    account = {"username": "smoker", "email": "smoker@example.com", "password": "correct horse battery"}
    assert stack.call("POST", "/api/v1/auth/register", account, token=None).status == 201
    assert smoke(stack.origin, SMOKE_USER="smoker", SMOKE_PASSWORD="correct horse battery")[0] == 0
    status, said = smoke(stack.origin, SMOKE_USER="smoker", SMOKE_PASSWORD="wrong")
    assert status != 0
    [error] = said
    assert error.startswith("error: log in: it should be 200, and is 401 ")


def test_where_nothing_is_it_says_so() -> None:
    status, said = smoke("http://127.0.0.1:9")
    assert status != 0
    assert said == [
        "error: register: it should be 201, and is no answer <urlopen error [Errno 111] Connection refused>"
    ]
