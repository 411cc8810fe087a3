"""`make status`, `make routes`, `make help`, and commands while a stack is not ready."""

import fcntl
import os
import subprocess
import sys
from pathlib import Path

from infra.deployed.migrations.bootstrap import APP_ROLE
from tests.local.conftest import Stack
from tests.local.test_second_start import make
from tests.support.client import ROOT


def run(module: str, *arguments: str, data_dir: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", f"infra.local.{module}", *arguments],
        cwd=ROOT,
        env=os.environ | {"DATA_DIR": str(data_dir), "DATABASE_URL": ""},
        capture_output=True,
        text=True,
        check=False,
    )


def test_status_says_what_runs_where_and_its_variables_work_in_a_shell(stack: Stack) -> None:
    shown = run("status", data_dir=stack.data_dir).stdout
    assert f"running     {stack.origin} (process {stack.process.pid})" in shown
    assert f"page        {stack.origin}/_local" in shown
    assert "users       demo" in shown
    variables = stack.data_dir / "variables"
    variables.write_text(run("status", "env", data_dir=stack.data_dir).stdout)
    script = '. "$1"; echo "$API_URL"; psql -Atc "SELECT current_user" "$DATABASE_URL"'
    told = subprocess.run(
        ["sh", "-c", script, "sh", variables], capture_output=True, text=True, check=True
    ).stdout
    assert told == f"{stack.origin}\n{APP_ROLE}\n"


def test_a_stack_that_is_not_ready_is_no_dead_one(tmp_path: Path) -> None:
    with (tmp_path / "lock").open("w") as lock:
        lock.write("http://127.0.0.1:1 (process 2)")
        lock.flush()
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert run("token", data_dir=tmp_path).stderr == (
            "error: http://127.0.0.1:1 (process 2) is not ready yet: wait for its line `ready`\n"
        )
    dead = f"error: no stack is running with its data in {tmp_path}: start one with make run\n"
    for command in ("token", "status"):
        assert run(command, data_dir=tmp_path).stderr == dead


def test_routes_have_their_file_and_who_may_call_them(tmp_path: Path) -> None:
    rows = [line.split("  ") for line in run("routes", data_dir=tmp_path).stdout.splitlines()]
    cells = [[cell.strip() for cell in row if cell] for row in rows]
    me = ["GET", "/api/v1/users/me", "any user", "GetMeFunction", "functions/accounts/get_me.py"]
    assert me in cells
    assert ["GET", "/health", "anyone", "HealthFunction", "functions/meta/health.py"] in cells
    assert all((ROOT / row[-1]).is_file() for row in cells)


def makefiles() -> list[Path]:
    return [ROOT / "Makefile", *(ROOT / "docs/examples").glob("*/Makefile")]


def test_help_has_groups_and_every_target() -> None:
    shown = make("help").stdout
    for group in ("Run it", "Test and check it", "Change it", "Deploy it", "Upkeep"):
        assert f"\n{group}\n" in shown
    phony = [  # the first one; the others are prerequisites
        next(line for line in file.read_text().splitlines() if line.startswith(".PHONY"))
        for file in makefiles()
    ]
    assert {line.split()[1] for line in shown.splitlines() if line.startswith("  make ")} == {
        target for line in phony for target in line.split()[1:]
    }
