"""`make run` from start to stop."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from infra.emulator.command_error import CommandError
from infra.local import postgres_binaries
from tests.local.conftest import Stack, running_stack
from tests.local.processes import failure, is_running, processes_of
from tests.support.client import ROOT


def test_it_ends_its_start_with_ready_and_a_curl_line_that_works(stack: Stack) -> None:
    end = next(number for number, line in enumerate(stack.lines) if line.startswith("curl"))
    ready, curl = stack.lines[end - 1 : end + 1]  # what the calls of other tests logged comes after
    assert ready == f"ready {stack.origin}"
    assert curl == f'curl -H "Authorization: Bearer $(make -s token)" {stack.origin}/api/v1/users/me'
    answer = subprocess.run(
        ["bash", "-c", f"{curl} -s -o {os.devnull} -w '%{{http_code}}'"],
        cwd=ROOT,
        env=os.environ | {"DATA_DIR": str(stack.data_dir)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert answer.stdout == "200"


def test_make_token_gives_a_token_for_the_running_stack(stack: Stack) -> None:
    token = make_token(stack).stdout.strip()
    assert stack.call("GET", "/api/v1/gadgets", token=token).status == 200


def test_make_token_says_that_it_made_the_user(stack: Stack) -> None:
    """Whose name may be mistyped."""
    said = [make_token(stack, "jo").stderr for _ in range(2)]
    assert said == ["jo is a new user, without a password\n", ""]


@pytest.mark.sweep
@pytest.mark.timeout(300)  # three starts
def test_it_stops_whole_and_its_data_stays(project: Path, tmp_path: Path) -> None:
    """Killed, it leaves its Postgres, which the next start takes over."""
    signal.signal(signal.SIGHUP, signal.SIG_DFL)  # under nohup what is started would ignore it, too
    kept: list[str] = []
    data = tmp_path / "data"
    for number, status in ((signal.SIGINT, 0), (signal.SIGKILL, -signal.SIGKILL), (signal.SIGHUP, 0)):
        with running_stack(data, project) as stack:
            assert any("that a killed stack had left" in line for line in stack.lines) == (
                number == signal.SIGHUP
            )
            assert [item["name"] for item in stack.call("GET", "/api/v1/gadgets").json()] == kept
            kept.insert(0, f"before {number.name}")
            stack.call("POST", "/api/v1/gadgets", {"name": kept[0]})
            started = processes_of(stack)
            assert len(started) >= 3  # itself, Postgres, a worker
            assert stack.stop(number) == status
            if status == 0:
                assert not [pid for pid in started if is_running(pid)]
            assert not any("Traceback" in line for line in stack.lines)
            assert make_token(stack).stderr == (
                f"error: no stack is running with its data in {data}: start one with make run\n"
            )


@pytest.mark.slow
def test_two_stacks_live_side_by_side(stack: Stack, project: Path, tmp_path: Path) -> None:
    with running_stack(tmp_path / "data", project) as other:
        other.call("POST", "/api/v1/gadgets", {"name": "other's"})
        assert other.call("GET", "/api/v1/gadgets", token=stack.signer.token()).status == 401
        names = [item["name"] for item in stack.call("GET", "/api/v1/gadgets?limit=100").json()]
        assert "other's" not in names


@pytest.mark.slow
def test_a_broken_template_is_one_clear_line(project: Path, tmp_path: Path) -> None:
    template = project / "template.yaml"
    template.write_text(template.read_text().replace("Resources:", "Resources: ]"))
    assert failure(tmp_path / "data", project).startswith("error: template.yaml is not valid YAML: ")


@pytest.mark.slow
def test_a_function_that_cannot_be_served_is_one_clear_line(project: Path, tmp_path: Path) -> None:
    template = project / "template.yaml"
    template.write_text(
        template.read_text().replace("Handler: meta.root.handler", "Handle: meta.root.handler")
    )
    with running_stack(tmp_path / "data", project) as stack:
        assert "left out    RootFunction: it has no Handler" in stack.lines
        assert stack.call("GET", "/health").status == 200


@pytest.mark.slow
def test_a_migration_that_fails_is_one_clear_line(project: Path, tmp_path: Path) -> None:
    versions = project / "infra/deployed/migrations/versions"
    newest = max(path.name for path in versions.glob("0*.py")).partition("_")[0]
    (versions / "9999_wrong.py").write_text(
        f'from alembic import op\n\nrevision = "9999"\ndown_revision = "{newest}"\n\n\n'
        'def upgrade():\n    op.execute("SELECT no_such_function()")\n'
    )
    line = failure(tmp_path / "data", project)
    assert line == "error: the migration failed: function no_such_function() does not exist"


def test_nothing_built_is_one_clear_line(tmp_path: Path) -> None:
    line = failure(tmp_path / "data", BUILT="1", BUILD_DIR=str(tmp_path))
    assert line == f"error: there is no build in {tmp_path}: run make build"


def test_a_missing_postgres_names_the_package(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(postgres_binaries, "SYSTEM", tmp_path)
    monkeypatch.setattr(postgres_binaries.shutil, "which", lambda name: None)
    monkeypatch.setattr(postgres_binaries.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(CommandError, match="install the package postgresql, or set DATABASE_URL"):
        postgres_binaries.find_binaries()


def test_a_missing_python_is_named(project: Path) -> None:
    for name in ("Makefile", "requirements.lock", ".python-version"):
        shutil.copy(ROOT / name, project)
    ended = subprocess.run(
        ["make", ".venv/installed", f"UV={shutil.which('uv') or ROOT / '.uv/bin/uv'}"],
        cwd=project,
        env=os.environ | {"UV_PYTHON_DOWNLOADS": "never", "UV_PYTHON_PREFERENCE": "only-managed"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode != 0
    assert "error: Python 3.13 is missing" in ended.stderr


def make_token(stack: Stack, user: str = "alice") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "infra.local.token", user],
        cwd=ROOT,
        env=os.environ | {"DATA_DIR": str(stack.data_dir)},
        capture_output=True,
        text=True,
        check=False,
    )
