"""`make revision`, in a copy whose models have changed."""

import ast
from pathlib import Path

import pytest

from tests.support.project_copy import ProjectCopy
from tests.support.sample_domain import install

BACK_AND_FORTH = """
from pathlib import Path
from tempfile import TemporaryDirectory

from alembic import command

from infra.deployed.migrations import config, upgrade
from infra.deployed.migrations.bootstrap import create_roles
from infra.local.postgres import cluster

with TemporaryDirectory() as folder, cluster(Path(folder)) as postgres:
    create_roles(postgres.owner_url)
    upgrade(postgres.owner_url)
    command.downgrade(config(postgres.owner_url), "-1")
    upgrade(postgres.owner_url)
"""
MESSAGE = """say \"\"\" + print() + \"\"\" of $5 \\n `touch x` {%s} ${x} \""""


@pytest.mark.sweep
def test_it_drops_the_children_first_and_its_message_is_a_text(tmp_path: Path) -> None:
    copy = ProjectCopy(tmp_path / "copy")
    install(copy.folder)
    (copy.folder / "shared/models/sample.py").unlink()
    copy.run("make -s new DOMAIN=jottings")
    versions = copy.folder / "infra/deployed/migrations/versions"
    before = set(versions.glob("0*.py"))
    said = copy.run(f"make -s revision MESSAGE='{MESSAGE}'")
    [file] = set(versions.glob("0*.py")) - before
    assert f"wrote {file.relative_to(copy.folder)}: read it, then make migrate" in said
    tree = ast.parse(file.read_text())
    assert ast.get_docstring(tree, clean=False) == f"{MESSAGE}."
    assert [type(node) for node in tree.body[1:]].count(ast.Expr) == 0
    text = file.read_text()
    assert text.index('op.drop_table("parcels")') < text.index('op.drop_table("lockers")')
    assert text.index('op.create_table(\n        "jottings"') < text.index('op.drop_table("parcels")')
    script = copy.folder / "back_and_forth.py"
    script.write_text(BACK_AND_FORTH)
    copy.run("PYTHONPATH=. .venv/bin/python back_and_forth.py")
