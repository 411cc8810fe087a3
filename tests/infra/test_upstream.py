"""What `make upstream` settles by itself after git's merge, and how it numbers migrations."""

import re
import subprocess
from pathlib import Path

import pytest

from infra.tools.development import conflicts, upstream
from tests.support.client import ROOT
from tests.support.project_copy import ProjectCopy

BASE = "one\ntwo\nthree\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(conflicts, "ROOT", tmp_path)
    return tmp_path


def merge(folder: Path, file: str, base: str, ours: str | None, theirs: str | None) -> dict[str, str]:
    """Merges two changes of one file. Returns what a person should see."""

    def git(*arguments: str, check: bool = True) -> None:
        names = ("-c", "user.name=t", "-c", "user.email=t@t")
        subprocess.run(["git", *names, *arguments], cwd=folder, check=check, capture_output=True)

    def commit(text: str | None) -> None:
        if text is None:
            (folder / file).unlink()
        else:
            (folder / file).parent.mkdir(parents=True, exist_ok=True)
            (folder / file).write_text(text)
        git("add", "--all")
        git("commit", "-qm", "change")

    git("init", "-q", "-b", "ours")
    commit(base)
    git("switch", "-qc", "theirs")
    commit(theirs)
    git("switch", "-q", "ours")
    commit(ours)
    git("merge", "-q", "theirs", check=False)
    return conflicts.resolve()


def test_lines_that_both_sides_add_are_kept_and_shown(folder: Path) -> None:
    ours, theirs = BASE.replace("two", "mine\ntwo"), BASE.replace("two", "yours\ntwo")
    seen = merge(folder, "a.py", BASE, ours, theirs)
    assert (folder / "a.py").read_text() == "one\nmine\nyours\ntwo\nthree\n"
    assert "both sides add" in seen["a.py"]


def test_a_line_that_both_sides_change_is_left_to_a_person(folder: Path) -> None:
    seen = merge(folder, "a.py", BASE, BASE.replace("two", "2"), BASE.replace("two", "II"))
    assert seen == {"a.py": "conflict"}
    assert "<<<<<<< " in (folder / "a.py").read_text()


def test_a_conflict_is_left_although_another_place_is_settled(folder: Path) -> None:
    base = BASE + "\n" * 9 + BASE
    ours = base.replace("two", "2", 1) + "mine\n"
    theirs = base.replace("two", "II", 1) + "yours\n"
    assert merge(folder, "a.py", base, ours, theirs) == {"a.py": "conflict"}


def test_a_file_that_one_side_deleted_is_left_to_a_person(folder: Path) -> None:
    assert merge(folder, "a.py", BASE, None, BASE + "four\n") == {"a.py": "conflict"}


def test_a_generated_file_is_taken_from_the_upstream_and_written_anew_later(folder: Path) -> None:
    assert merge(folder, "docs/openapi.json", "{}\n", '{"a": 1}\n', '{"b": 1}\n') == {}
    assert (folder / "docs/openapi.json").read_text() == '{"b": 1}\n'


def test_a_generated_section_conflicts_with_nothing(folder: Path) -> None:
    page = "# Title\n\n<!-- routes -->\n{}\n<!-- /routes -->\n\nThe {}.\n"
    seen = merge(
        folder, "README.md", page.format("a", "end"), page.format("b", "end"), page.format("c", "very end")
    )
    assert seen == {}
    assert (folder / "README.md").read_text().endswith("<!-- routes -->\n<!-- /routes -->\n\nThe very end.\n")


def test_the_lock_is_the_upstreams_and_a_person_is_told(folder: Path) -> None:
    seen = merge(folder, "requirements.lock", "a==1\n", "a==1.1\n", "a==2\n")
    assert (folder / "requirements.lock").read_text() == "a==2\n"
    assert "make lock KEEP=1" in seen["requirements.lock"]


def test_a_migration_follows_the_projects_own(tmp_path: Path) -> None:
    file = tmp_path / "0013_colour.py"
    file.write_text('"""Colours."""\n\nrevision = "0013"\ndown_revision: str | None = "0012"\n')
    assert upstream.follow(file, 15) == "0016_colour.py"
    text = (tmp_path / "0016_colour.py").read_text()
    assert text == '"""Colours."""\n\nrevision = "0016"\ndown_revision: str | None = "0015"\n'
    assert not file.exists()


@pytest.mark.fork
def test_a_fork_without_changes_takes_one_release_and_then_has_the_newest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UV_OFFLINE", "1")
    source, server = ProjectCopy(tmp_path / "an upstream"), tmp_path / "a server.git"
    source.run(f"git tag v0.1.0 && git init --quiet --bare --initial-branch=main '{server}'")
    source.run(f"git push --quiet '{server}' main v0.1.0")
    fork = ProjectCopy(tmp_path / "a fork", origin=server)
    assert "no remote is called upstream" in fork.try_to("make -s upstream").stderr
    fork.run(f"git remote add upstream '{server}' && git config user.name t && git config user.email t@t")
    source.run("sed -i 's/^# Restore/# Restore it/' docs/restore.md")
    source.commit("The next release")
    source.run(f"git tag v0.10.0 && git push --quiet '{server}' main v0.10.0")
    assert fork.run("make -s upstream").startswith("merged      v0.10.0; nothing is committed yet")
    assert fork.changes() == "M  docs/restore.md\n"
    assert "the working copy has changes" in fork.try_to("make -s upstream").stderr
    fork.commit("Merge the next release")
    assert fork.run("git rev-list --merges --count HEAD") == "1\n"
    assert "has the upstream's newest release, v0.10.0" in fork.run("make -s upstream")


def test_a_copy_without_the_history_joins_it_by_the_guide_and_keeps_its_files(tmp_path: Path) -> None:
    page = (ROOT / "UPGRADING.md").read_text()
    lines = re.findall(r"^    (git (?:remote|fetch|merge) .*?)(?: +#.*)?$", page, re.MULTILINE)
    assert len(lines) == 3
    upstream, copy = tmp_path / "upstream", tmp_path / "copy"
    names = "-c user.name=t -c user.email=t@t"

    def run(folder: Path, *commands: str) -> None:
        folder.mkdir(exist_ok=True)
        subprocess.run(["bash", "-ec", "\n".join(commands)], cwd=folder, check=True, capture_output=True)

    made = ("git init -q", "git add --all", f"git {names} commit -qm release")
    run(upstream, "echo one > file", *made, "git tag v0.1.0")
    run(copy, "echo two > file", *made)
    run(copy, *(line.replace("URL", str(upstream)).replace("git ", f"git {names} ") for line in lines))
    run(copy, "git merge-base --is-ancestor v0.1.0 HEAD", "git diff --exit-code HEAD^ HEAD")
