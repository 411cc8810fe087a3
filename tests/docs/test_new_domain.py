"""docs/adding-a-domain.md, done to the letter in a copy of the project: the result passes every check."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.docs.pages import FENCE
from tests.support.client import ROOT

PAGE = ROOT / "docs/adding-a-domain.md"
PYTEST = ".venv/bin/python -m pytest -q"
OF_NOTES = (
    "tests/notes tests/docs tests/contract tests/infra/test_indexes.py tests/integration/test_wire.py"
    " --ignore tests/docs/test_new_domain.py -m ''"
    " -k 'note or declared or document or loaded or never or every or pins'"
)
pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


class Copy:
    """What git knows of the project, as it lies here, with the same virtual environment."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        listed = run("git ls-files --cached --others --exclude-standard", ROOT).stdout
        for name in listed.splitlines():
            if (ROOT / name).exists():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, folder / name)
        (folder / ".venv").symlink_to(ROOT / ".venv")

    def run(self, command: str) -> None:
        command = command.replace("make ", "make -o .venv/installed ")  # never made anew: it is the real one
        ended = run(command, self.folder)
        assert ended.returncode == 0, f"{command}\n{ended.stdout[-6000:]}{ended.stderr[-3000:]}"

    def edit(self, language: str, block: str) -> None:
        first, _, rest = block.partition("\n")
        file = self.folder / first.removeprefix("# ")
        if language == "diff":
            old, new = (
                "".join(line[1:] for line in rest.splitlines(True) if line[0] == sign) for sign in "-+"
            )
            text = file.read_text()
            assert old in text, f"{file} has no\n{old}"
            file.write_text(text.replace(old, new))
        else:
            file.write_text(rest)


def run(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    return subprocess.run(
        command, shell=True, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def test_the_guide_leads_to_a_domain_that_passes_every_check(tmp_path: Path) -> None:
    copy = Copy(tmp_path)
    copy.run("make new DOMAIN=notes")
    for language, block in FENCE.findall(PAGE.read_text()):
        copy.edit(language, block)
    copy.run('make revision MESSAGE="notes"')
    copy.run("make docs")
    copy.run(".venv/bin/ruff check .")
    copy.run(".venv/bin/ruff format --check .")
    copy.run(".venv/bin/mypy")
    copy.run(f"{PYTEST} {OF_NOTES}")


def test_a_copy_keeps_the_rules_as_it_is(tmp_path: Path) -> None:
    """Of a plural that ends in another way, and with a name of two words."""
    copy = Copy(tmp_path)
    copy.run("make new DOMAIN=case_studies LIKE=item")
    copy.run('make revision MESSAGE="case studies"')
    copy.run("make docs")
    copy.run(".venv/bin/ruff check .")
    copy.run(f"{PYTEST} tests/contract -k 'case_stud or declared or document'")
