"""A domain is its folders: nothing else names what goes with it."""

import ast
import re
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

from infra.tools.development.remove_domain import CORE, MARKED, places, tables_of
from infra.tools.names import camel, function_of
from tests.contract.project import Project

FOLDERS = ("functions", "shared", "infra", "tests")
# Migrations stay as they were applied; measurements are a record of the samples.
RECORDS = ("infra/deployed/migrations/versions/", "tests/performance/", "tests/infra/test_scale.py")
SQL = r"(?i:\b(?:FROM|INTO|UPDATE|TABLE|JOIN|ON|EXISTS)) (?:public\.)?"


class Domain:
    """The names that go with a domain."""

    def __init__(self, project: Project, name: str) -> None:
        self.name, self._project = name, project

    def __str__(self) -> str:
        return self.name

    @property
    def places(self) -> tuple[str, ...]:
        return tuple(places(self.name))

    @property
    def packages(self) -> tuple[str, ...]:
        return self.name, f"shared.models.{self.name}", f"infra.domains.{self.name}", f"tests.{self.name}"

    @cached_property
    def operations(self) -> set[str]:
        return {each for each, module in self._project.routes.items() if module.domain == self.name}

    @cached_property
    def names(self) -> re.Pattern[str]:
        """Matches its paths, operation ids, logical ids, folders, and its tables in SQL."""
        firsts = {name: _first_segment(row["path"]) for name, row in self._project.table.items()}
        of_others = {first for name, first in firsts.items() if name not in self.operations}
        paths = {first for name, first in firsts.items() if name in self.operations} - of_others
        words = {*self.operations, *map(function_of, self.operations), *map(camel, self.operations)}
        choices = [
            *(rf"/api/v1/{each}(?![\w-])" for each in sorted(paths)),
            rf"(?<![\w-])(?:{'|'.join(sorted(words))})(?![\w-])",
            *(rf"{re.escape(place.removesuffix('/'))}(?!\w)" for place in self.places),
        ]
        if self.tables:
            choices.append(rf"{SQL}(?:{'|'.join(self.tables)})\b")
        return re.compile("|".join(choices))

    @cached_property
    def tables(self) -> list[str]:
        model = self._project.root / f"shared/models/{self.name}.py"
        return tables_of(model.read_text()) if model.exists() else []


def _first_segment(path: str) -> str:
    return path.removeprefix("/api/v1/").split("/")[0]


def removable(project: Project) -> list[Domain]:
    return [Domain(project, each) for each in sorted({m.domain for m in project.routes.values()} - CORE)]


def code_names_no_domain(project: Project, domain: Domain) -> Iterator[str]:
    advice = f"that goes with {domain}, so use tests/sample instead"
    others = tuple(place for other in removable(project) for place in other.places)
    for folder in FOLDERS:
        for module in project.modules(folder):
            if str(module).startswith((*domain.places, *RECORDS)):
                continue
            for name in sorted(module.imports):
                if name.startswith(f"shared.models.{domain}.") and str(module).startswith(others):
                    continue  # `make remove` refuses a domain that another one's rows refer to
                if any(f"{name}.".startswith(f"{package}.") for package in domain.packages):
                    yield f"{module} imports {name}: {advice}"
            for text in _texts(module.tree):
                if found := domain.names.search(text):
                    yield f"{module} names {found[0]!r}: {advice}"


def _texts(tree: ast.Module) -> Iterator[str]:
    """Yields the text constants but for docstrings."""
    documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
    bodies = [node.body for node in ast.walk(tree) if isinstance(node, documented)]
    docstrings = [body[0].value for body in bodies if body and isinstance(body[0], ast.Expr)]
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in docstrings:
            yield node.value


def documents_name_no_domain(files: list[Path], domain: Domain) -> Iterator[str]:
    for file in files:
        text = MARKED.sub(lambda found: "\n" * found[0].count("\n"), file.read_text())
        for number, line in enumerate(text.splitlines(), 1):
            if found := domain.names.search(line):
                marks = f"<!-- {domain} --> and <!-- /{domain} -->"
                yield f"{file.name}:{number} names {found[0]!r}: put that between {marks}"
