"""README and docs say what is so: commands, routes, variables, parameters, error codes, files, snippets."""

import json
import re
from pathlib import Path

import pytest
import yaml

from infra.local.config import Config
from infra.tools.development.architecture_picture import SOURCE, digest
from infra.tools.development.route_table import with_routes
from tests.docs.pages import EXAMPLE, FENCE, PAGES, code, column, section
from tests.support.client import ROOT, ROUTES

MAKEFILE = "".join(file.read_text() for file in (ROOT / "Makefile", *ROOT.glob("docs/examples/*/Makefile")))
TARGETS = set(re.findall(r"^([a-z-]+):", MAKEFILE, re.MULTILINE))
README, CLIENTS = ROOT / "README.md", ROOT / "docs/clients.md"

of_each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)


@of_each_page
def test_its_commands_are_targets(page: Path) -> None:
    named = {name for each in code(page) for name in re.findall(r"\bmake (?:-s )?([a-z-]+)", each)}
    kept = {"web"} if page.name == "CHANGELOG.md" else set()  # of an example that may be removed
    assert named - TARGETS <= kept


@pytest.mark.parametrize("file", [".ci/run", ".pre-commit-config.yaml", ".devcontainer/devcontainer.json"])
def test_what_runs_by_itself_runs_the_same_targets(file: str) -> None:
    named = set(re.findall(r"\bmake ([a-z-]+)", (ROOT / file).read_text()))
    assert named and named <= TARGETS


def test_the_editors_debugger_attaches_where_a_function_waits() -> None:
    attach, test = json.loads((ROOT / ".vscode/launch.json").read_text())["configurations"]
    assert attach["connect"] == {"host": "127.0.0.1", "port": Config.debug_port}
    assert attach["type"] == test["type"] == "debugpy"
    container = json.loads((ROOT / ".devcontainer/devcontainer.json").read_text())
    assert "ms-python.debugpy" in container["customizations"]["vscode"]["extensions"]
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"][0]["hooks"]
    stages = {stage for hook in hooks for stage in hook.get("stages", ["pre-commit"])}
    assert set(re.findall(r"--hook-type ([a-z-]+)", container["postCreateCommand"])) == stages


@of_each_page
def test_the_variables_of_its_commands_are_read(page: Path) -> None:
    said = (
        set(re.findall(r"\b([A-Z_]+)=", command))
        for each in code(page)
        for command in re.findall(r"\bmake (?:-s )?[a-z].*", each)
    )
    known = (
        set(re.findall(r"\$\$?\(?([A-Z_]+)", MAKEFILE))
        | set(re.findall(r"ifdef ([A-Z]+)", MAKEFILE))
        | {"SCALE"}
    )
    assert set().union(*said) - known == set()


@of_each_page
def test_its_routes_are_there(page: Path) -> None:
    patterns = {row["method"]: [] for row in ROUTES}
    for row in ROUTES:
        patterns[row["method"]].append(re.sub(r"{\w+}", r"({\\w+}|\\d+|<\\w+>)", row["path"]))
    named = {
        pair for each in code(page) for pair in re.findall(r"\b(GET|POST|PUT|DELETE) (/[\w{}/.<>-]*)", each)
    }
    unknown = [
        f"{method} {path}"
        for method, path in named
        if not any(re.fullmatch(pattern, path) for pattern in patterns[method])
    ]
    assert unknown == []


@of_each_page
def test_the_files_that_it_names_are_there(page: Path) -> None:
    folders = "functions|shared|infra|tests|docs"
    named = {name for each in code(page) for name in re.findall(rf"^((?:{folders})/[\w./-]+\w)$", each)}
    missing = {name for name in named if not (ROOT / name).exists() and EXAMPLE not in name}
    assert missing == set()


@of_each_page
def test_its_snippets_are_parts_of_files(page: Path) -> None:
    for _, block in FENCE.findall(page.read_text()):
        first, _, rest = block.partition("\n")
        file = ROOT / first.lstrip("#/ ")
        if EXAMPLE not in first:
            assert rest in file.read_text(), f"{file} says something else"


def test_the_table_of_routes_is_the_one_of_the_contract() -> None:
    page, routes = (ROOT / "docs/routes.md").read_text(), (ROOT / "docs/routes.csv").read_text()
    assert page == with_routes(page, routes), "make docs"


def test_the_picture_is_drawn_from_its_source() -> None:
    drawn = SOURCE.with_suffix(".svg").read_text()
    assert f"drawn from {digest(SOURCE.read_text())}" in drawn, "make picture"


def test_clients_are_told_every_error_code() -> None:
    """Those of the API document, and the two that come past the gateway alone."""
    codes = set(re.findall(r'"error": "(\w+)"', (ROOT / "docs/openapi.json").read_text()))
    kinds = {re.sub(r"^\w+_exists$", "<field>_exists", code) for code in codes}
    kinds = {re.sub(r"^\w+_not_found$", "<resource>_not_found", kind) for kind in kinds}
    past_the_gateway = {"invalid_event", "method_not_allowed"}
    assert column(section(CLIENTS, "Error codes"), 1) == kinds | past_the_gateway


DECISIONS = ROOT / "docs/decisions.md"


@pytest.mark.parametrize(
    "entry", DECISIONS.read_text().split("\n### ")[1:], ids=lambda entry: entry.split("\n")[0]
)
def test_a_decision_has_its_context_date_and_consequences(entry: str) -> None:
    parts = re.findall(r"^- \*\*(\w+)(?::\*\*|\*\* \()", entry, re.MULTILINE)
    assert parts == ["Context", "Decision", "Consequences"]
    assert re.search(r"^- \*\*Context\*\* \(\d{4}-\d\d-\d\d\b", entry, re.MULTILINE)
