"""A version is published with its section of CHANGELOG.md, once, and only by those who ask for it."""

import os
import subprocess
from pathlib import Path

import pytest

from infra.tools.development import release
from tests.infra.test_workflow_conditions import holds, run_of_check
from tests.infra.test_workflows import read
from tests.support.client import ROOT

CHANGELOG = """# Changelog

## [Unreleased]

- Not yet.

## [0.10.0] - 2026-12-01

### Added

- Ten.

## [0.1.0] - 2026-11-30

- One.
"""


def test_the_notes_are_the_versions_section() -> None:
    assert release.notes(CHANGELOG, "0.10.0") == "### Added\n\n- Ten."
    assert release.notes(CHANGELOG, "0.1.0") == "- One."


@pytest.mark.parametrize("version", ["0.2.0", "0.10", "10.0", "Unreleased"])
def test_what_has_no_section_with_a_date_is_not_released(version: str) -> None:
    assert release.notes(CHANGELOG, version) is None


@pytest.mark.parametrize(
    ("variables", "context", "runs"),
    [
        ({"RELEASES": "on"}, run_of_check(), True),
        ({}, run_of_check(), False),
        ({"DEPLOYS": "on"}, run_of_check(), False),
        ({"RELEASES": "on"}, run_of_check(conclusion="failure"), False),
        ({"RELEASES": "on"}, run_of_check(event="pull_request"), False),
        ({"RELEASES": "on"}, run_of_check(head_repository={"full_name": "fork/acme"}), False),
    ],
)
def test_a_commit_of_main_is_published_where_that_is_on(
    variables: dict[str, str], context: dict, runs: bool
) -> None:
    condition = read(ROOT / ".github/workflows/release.yml")["jobs"]["release"]["if"]
    assert holds(condition, vars=variables, github=context) == runs


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository at version 0.10.0, and a `gh` that keeps its arguments and its input."""
    (tmp_path / "CHANGELOG.md").write_text(CHANGELOG)
    git(tmp_path, "init", "-q")
    git(tmp_path, "-c", "user.name=t", "-c", "user.email=t@t", "commit", "-q", "--allow-empty", "-m", "a")
    monkeypatch.setattr(release, "ROOT", tmp_path)
    monkeypatch.setattr(release, "__version__", "0.10.0")
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    return tmp_path


def git(folder: Path, *arguments: str) -> str:
    ended = subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True, text=True)
    return ended.stdout.strip()


def answer(project: Path, words: str, status: int) -> None:
    kept = f"echo \"$@\" > '{project}/asked'\ncat > '{project}/given'"
    (project / "gh").write_text(f"#!/bin/sh\n{kept}\necho '{words}' >&2\nexit {status}\n")
    (project / "gh").chmod(0o755)


def test_a_version_is_published_at_the_commit_that_is_checked_out(project: Path) -> None:
    answer(project, "", 0)
    release.main()
    options = f"--target {git(project, 'rev-parse', 'HEAD')} --title v0.10.0 --notes-file -"
    assert (project / "asked").read_text() == f"release create v0.10.0 {options}\n"
    assert (project / "given").read_text() == "### Added\n\n- Ten."


def test_a_second_run_changes_nothing_and_succeeds(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    answer(project, "a release with the same tag name already exists: v0.10.0", 1)
    release.main()
    assert capsys.readouterr().out == "v0.10.0 is released already\n"


def test_what_github_refuses_fails(project: Path) -> None:
    answer(project, "HTTP 403: Resource not accessible", 1)
    with pytest.raises(SystemExit, match="403"):
        release.main()
