"""`make lint` finds broken links between documents and names that were replaced."""

import subprocess
from pathlib import Path

import pytest

from infra.tools.development import prose
from tests.support.client import ROOT

PAGE = "# One page\n\n## A `name`, and *more*\n\n## Twice\n\n## Twice\n\n"


def test_the_project_has_neither() -> None:
    assert list(prose.faults(ROOT)) == []


@pytest.fixture
def root(tmp_path: Path) -> Path:
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True)
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/page.md").write_text(PAGE)
    return tmp_path


@pytest.mark.parametrize(
    "link",
    [
        "[it](docs/page.md)",
        "[it](docs/page.md#a-name-and-more)",
        "[it](docs/page.md#twice-1)",
        "[it](https://example.com/none)",
        "`[it](none.md)`",
        '<img src="docs/page.md">',
    ],
)
def test_a_link_that_leads_somewhere_passes(root: Path, link: str) -> None:
    (root / "README.md").write_text(f"{link}\n")
    assert list(prose.faults(root)) == []


@pytest.mark.parametrize(
    ("link", "fault"),
    [
        ("[it](docs/none.md)", "there is no file docs/none.md"),
        ("[it](docs/page.md#none)", "page.md has no heading #none"),
        ("[it](#none)", "README.md has no heading #none"),
        ('<source srcset="none.png">', "there is no file none.png"),
    ],
)
def test_a_broken_link_is_named_with_its_line(root: Path, link: str, fault: str) -> None:
    (root / "README.md").write_text(f"# Title\n\n    code\n\n{link}\n")
    assert list(prose.faults(root)) == [f"README.md:5: {fault}"]


def test_a_replaced_name_is_named_with_its_replacement(root: Path) -> None:
    name = "commits" + "_twice"
    (root / "new.py").write_text(f"def {name}(): ...\n")
    assert list(prose.faults(root)) == [f"new.py:1: instead of '{name}' write 'retry_conflicts=False'"]
