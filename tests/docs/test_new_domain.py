"""docs/adding-a-domain.md, done to the letter in a copy of the project: the result passes every test."""

from pathlib import Path

import pytest

from tests.docs.pages import FENCE
from tests.support.client import ROOT
from tests.support.project_copy import ProjectCopy

PAGE = ROOT / "docs/adding-a-domain.md"
pytestmark = [pytest.mark.fork, pytest.mark.timeout(3600)]


@pytest.fixture
def copy(tmp_path: Path) -> ProjectCopy:
    return ProjectCopy(tmp_path / "a copy")


def do(copy: ProjectCopy, language: str, block: str) -> None:
    first, _, rest = block.partition("\n")
    file = copy.folder / first.removeprefix("# ")
    if language == "diff":
        old, new = ("".join(line[1:] for line in rest.splitlines(True) if line[0] == sign) for sign in "-+")
        text = file.read_text()
        assert old in text, f"{file} has no\n{old}"
        file.write_text(text.replace(old, new))
    else:
        file.write_text(rest)


def test_the_guide_leads_to_a_domain_that_passes_every_test(copy: ProjectCopy) -> None:
    copy.run("make new DOMAIN=notes")
    for language, block in FENCE.findall(PAGE.read_text()):
        do(copy, language, block)
    copy.run('make revision MESSAGE="notes"')
    copy.run("make docs")
    copy.run("make lint")
    copy.run("make test")


def test_copies_pass_every_test_as_they_are(copy: ProjectCopy) -> None:
    """Of both that can be copied: an irregular plural, one that ends in another way, a name of two words."""
    copy.run("make new DOMAIN=people RESOURCE=person")
    copy.run("make new DOMAIN=boxes")
    copy.run("make new DOMAIN=case_studies LIKE=item")
    copy.run('make revision MESSAGE="people, boxes, case studies"')
    copy.run("make docs")
    copy.run("make lint")
    copy.run("make test")
