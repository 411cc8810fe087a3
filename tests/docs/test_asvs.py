"""docs/asvs.csv has each requirement of ASVS 5.0, V6 and V7, levels 1 and 2; its tests exist."""

import ast
import csv

import pytest

from tests.support.client import ROOT

ROWS = list(csv.DictReader((ROOT / "docs/asvs.csv").read_text().splitlines()))
# The requirements of each section, those of level 3 left out; V6.7 is of level 3 as a whole.
REQUIREMENTS = {
    "6.1": 3, "6.2": 12, "6.3": 4, "6.4": 4, "6.5": 5, "6.6": 3, "6.8": 4,
    "7.1": 3, "7.2": 4, "7.3": 2, "7.4": 5, "7.5": 2, "7.6": 2,
}  # fmt: skip


def test_each_requirement_has_its_row() -> None:
    ids = [f"{part}.{n}" for part, number in REQUIREMENTS.items() for n in range(1, number + 1)]
    assert [row["id"] for row in ROWS] == ids


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["id"])
def test_a_row_names_tests_that_exist_or_a_reason(row: dict[str, str]) -> None:
    assert row["tests"] or row["reason"]
    for name in row["tests"].split():
        file, *path = name.split("::")
        scope: ast.AST = ast.parse((ROOT / file).read_text())
        for part in path:
            scope = next(
                node
                for node in ast.iter_child_nodes(scope)
                if isinstance(node, ast.ClassDef | ast.FunctionDef) and node.name == part
            )
