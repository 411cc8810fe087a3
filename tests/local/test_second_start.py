"""`make run` where a stack runs already, and where the path has a space."""

import os
import subprocess
from pathlib import Path

import pytest

from infra.local.postgres import free_port
from tests.local.conftest import Stack, running_stack
from tests.support.client import ROOT


def make(*arguments: str, folder: Path = ROOT, **environment: str) -> subprocess.CompletedProcess[str]:
    # As a person's shell has it, where the tests themselves run under make.
    own = {
        name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")
    }
    return subprocess.run(
        ["make", "--no-print-directory", *arguments],
        cwd=folder,
        env=own | {"DATABASE_URL": ""} | environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("same_port", [True, pytest.param(False, marks=pytest.mark.slow)])
def test_a_second_make_run_says_what_runs_and_leaves_it_alone(stack: Stack, same_port: bool) -> None:
    name = f"before, {same_port}"
    stack.call("POST", "/api/v1/gadgets", {"name": name})
    port = str(stack.port if same_port else free_port())
    second = make("run", PORT=port, DATA_DIR=str(stack.data_dir))
    assert second.returncode != 0
    [line] = [line for line in second.stderr.splitlines() if not line.startswith("make: ")]
    running = f"{stack.origin} (process {stack.process.pid})"
    advice = "use it, or set another DATA_DIR (and PORT)"
    assert line == f"error: {running} already runs with its data in {stack.data_dir}: {advice}"
    assert second.stdout == ""  # it stopped before its first step
    names = [item["name"] for item in stack.call("GET", "/api/v1/gadgets?limit=100").json()]
    assert name in names
    token = make("-s", "token", "USER=alice", DATA_DIR=str(stack.data_dir)).stdout.strip()
    assert stack.call("GET", "/api/v1/gadgets", token=token).status == 200


@pytest.mark.sweep
@pytest.mark.timeout(600)
def test_a_clone_in_a_path_with_a_space_runs_what_it_built_time_and_again(tmp_path: Path) -> None:
    clone = tmp_path / "a clone"
    clone.mkdir()
    tracked = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    subprocess.run(
        ["tar", "--create", "--null", "--files-from=-", "--file", str(tmp_path / "tracked.tar")],
        cwd=ROOT,
        input=tracked,
        check=True,
    )
    subprocess.run(["tar", "--extract", "--file", str(tmp_path / "tracked.tar")], cwd=clone, check=True)
    for _ in range(2):
        with running_stack(clone / ".local", clone, ("make", "run", "BUILT=1")) as stack:
            assert stack.call("GET", "/api/v1/gadgets").status == 200
            token = make("-s", "token", folder=clone, DATA_DIR=str(stack.data_dir)).stdout.strip()
            assert stack.call("GET", "/api/v1/gadgets", token=token).status == 200
