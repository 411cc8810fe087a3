"""Nothing outside a domain's places names what goes with it, so `make remove` is a matter of its folders."""

from pathlib import Path

import pytest

from tests.contract.isolation import Domain, code_names_no_domain, documents_name_no_domain, removable
from tests.contract.project import Project
from tests.docs.pages import EXAMPLE, GUIDE
from tests.support.client import ROOT

GENERATED = {"performance.md", "routes.md", "scale-and-cost.md"}
DOCUMENTS = [
    file
    for file in [*ROOT.glob("docs/*.md"), *(ROOT / f"{name}.md" for name in ("README", "CONTRIBUTING"))]
    if file.name not in GENERATED
]
PROJECT = Project(ROOT)


@pytest.mark.parametrize("domain", removable(PROJECT), ids=str)
class TestADomain:
    def test_is_named_by_no_other_code(self, domain: Domain) -> None:
        problems = list(code_names_no_domain(PROJECT, domain))
        assert not problems, "\n" + "\n".join(problems)

    def test_is_named_by_documents_in_marked_sections_alone(self, domain: Domain) -> None:
        pages = [file for file in DOCUMENTS if file != GUIDE or domain.name != EXAMPLE]
        problems = list(documents_name_no_domain(pages, domain))
        assert not problems, "\n" + "\n".join(problems)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project whose domain `plants` lists plants at /api/v1/plants."""
    files = {
        "docs/routes.csv": "method,path,operation_id\nGET,/api/v1/plants,list_plants\nGET,/,root\n",
        "functions/plants/list_plants.py": "handler = 1",
        "functions/meta/root.py": "handler = 1",
        "shared/models/plants.py": 'class Plant: __tablename__ = "plants"',
        "infra/tool.py": "",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return Project(tmp_path)


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("from shared.models.plants import Plant", "imports shared.models.plants.Plant"),
        ("import plants.list_plants", "imports plants.list_plants"),
        ('PATH = f"/api/v1/plants/{7}"', "names '/api/v1/plants'"),
        ('NAME = "ListPlantsFunction"', "names 'ListPlantsFunction'"),
        ('NAMES = ["list_plants"]', "names 'list_plants'"),
        ('SQL = "SELECT id FROM plants"', "names 'FROM plants'"),
        ('FILE = "functions/plants/x.py"', "names 'functions/plants'"),
    ],
)
def test_code_that_names_it_is_said(project: Project, code: str, said: str) -> None:
    (project.root / "infra/tool.py").write_text(code)
    problems = list(code_names_no_domain(project, Domain(project, "plants")))
    assert problems == [f"infra/tool.py {said}: that goes with plants, so use tests/sample instead"]


@pytest.mark.parametrize("file", ["functions/pots/list_pots.py", "shared/models/pots.py"])
def test_another_domain_refers_to_its_models_but_to_none_of_its_routes(project: Project, file: str) -> None:
    code = "from shared.models.plants import Plant\nfrom plants import queries\n"
    (project.root / "functions/pots").mkdir()
    (project.root / "functions/pots/list_pots.py").write_text("handler = 1")
    (project.root / file).write_text(f"{code}handler = 1")
    problems = list(code_names_no_domain(project, Domain(project, "plants")))
    assert [each.partition(":")[0] for each in problems] == [f"{file} imports plants.queries"]


@pytest.mark.parametrize(
    "code",
    ['"""Such as list_plants."""', "x = 1  # /api/v1/plants", 'A = "plants"', 'B = "/api/v1/plants-of"'],
)
def test_other_code_is_not(project: Project, code: str) -> None:
    (project.root / "infra/tool.py").write_text(code)
    assert list(code_names_no_domain(project, Domain(project, "plants"))) == []


def test_a_document_names_it_in_a_marked_section_alone(project: Project) -> None:
    file = project.root / "page.md"
    file.write_text("`list_plants`\n<!-- plants -->\n`list_plants`\n<!-- /plants -->\n")
    said = "page.md:1 names 'list_plants': put that between <!-- plants --> and <!-- /plants -->"
    assert list(documents_name_no_domain([file], Domain(project, "plants"))) == [said]
