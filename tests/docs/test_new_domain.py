"""docs/adding-a-domain.md, done to the letter in a copy of the project: the result passes every test.

So does a copy from which sample domains were removed, and one that got a domain after that.
"""

from pathlib import Path

import pytest

from tests.contract.isolation import removable
from tests.contract.project import Project
from tests.docs.pages import FENCE, GUIDE
from tests.support.client import ROOT
from tests.support.project_copy import ProjectCopy

REMOVABLE = [domain.name for domain in removable(Project(ROOT))]
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


def follow_the_guide(copy: ProjectCopy) -> None:
    text = GUIDE.read_text()
    copy.run(next(line.strip() for line in text.splitlines() if line.startswith("    make new ")))
    for language, block in FENCE.findall(text):
        do(copy, language, block)
    copy.run('make revision MESSAGE="notes"')
    copy.run("make docs")


def passes(copy: ProjectCopy) -> None:
    copy.run("make check")
    copy.run("make test")
    copy.run("make test-slow ARGS=tests/deploy")


def test_the_guide_leads_to_a_domain_that_passes_every_test(copy: ProjectCopy) -> None:
    follow_the_guide(copy)
    passes(copy)


def test_copies_pass_every_test_as_they_are(copy: ProjectCopy) -> None:
    """Each kind of row and of field, an irregular plural, one that ends in another way, two words."""
    copy.run("make new DOMAIN=people RESOURCE=person")
    copy.run("make new DOMAIN=boxes LIKE=child PARENT=person FIELDS='label:str:unique due:time? sealed:bool'")
    copy.run(
        "make new DOMAIN=case_studies LIKE=shared FIELDS='title:str:unique pages:int read_on:date text:text?'"
    )
    copy.run('make revision MESSAGE="people, boxes, case studies"')
    copy.run("make docs")
    passes(copy)


@pytest.mark.parametrize("domain", REMOVABLE)
def test_without_one_domain_every_test_passes(copy: ProjectCopy, domain: str) -> None:
    copy.run(f"make remove DOMAIN={domain} YES=1")
    passes(copy)


@pytest.mark.skipif(not REMOVABLE, reason="all samples were removed")
def test_a_bare_project_passes_and_gets_a_domain(copy: ProjectCopy) -> None:
    copy.run("make bare YES=1 DROP=now")
    copy.run("git add --all && git -c user.name=t -c user.email=t@t commit -qm bare")
    passes(copy)
    follow_the_guide(copy)
    passes(copy)
