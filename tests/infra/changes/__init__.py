"""Changes of a table that is in use, each in steps that keep nobody waiting: models of what a migration says.

a: a column's type, by a new column that becomes NOT NULL. b: a foreign key. c: a unique constraint.
They run under load and pass the migration lint; the schema of the product has none of them.
"""

import shutil
from pathlib import Path

import pytest

import infra.deployed.migrations

HERE = Path(__file__).parent
CHANGES = {"a": "a5", "b": "b3", "c": "c2"}  # and the last revision of each


def put_after_ours(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Our migrations, followed by these, are those that `infra.deployed.migrations` knows."""
    newest = infra.deployed.migrations.newest()
    shutil.copytree(infra.deployed.migrations.HERE, folder)
    for file in HERE.glob("[a-z][0-9]_*.py"):
        (folder / "versions" / file.name).write_text(file.read_text().replace('"newest"', f'"{newest}"'))
    monkeypatch.setattr(infra.deployed.migrations, "HERE", folder)
