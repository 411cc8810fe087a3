"""The schema and the code: differences are reported, and applied by hand."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from shared.runtime.product import IDENTIFIER

import pytest

from infra.local.postgres import free_port
from tests.local.conftest import Stack, copy_of_the_project, running_stack
from tests.local.test_reload import PATIENCE, save
from tests.support.client import ROOT

NEXT = max(path.name for path in (ROOT / "infra/deployed/migrations/versions").glob("0*.py"))[:4]
NEXT = f"{int(NEXT) + 2:04}"  # after the sample's
COLUMN = "    colour: Mapped[str | None] = mapped_column(String(20), comment=None)\n"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = copy_of_the_project(tmp_path_factory.mktemp("schema"))
    for name in ("Makefile", "pyproject.toml"):
        shutil.copy(ROOT / name, folder)
    return folder


@pytest.fixture(scope="module")
def stack(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with running_stack(tmp_path_factory.mktemp("data"), project) as running:
        yield running


def run(
    module: str, *arguments: str, project: Path, data_dir: Path, **more: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", f"infra.{module}", *arguments],
        cwd=project,
        env=os.environ | {"DATA_DIR": str(data_dir), "DATABASE_URL": "", "PORT": str(free_port())},
        capture_output=True,
        text=True,
        check=False,
    )


def eventually(stack: Stack, seen: Callable[[str], bool]) -> str:
    give_up = time.monotonic() + PATIENCE
    while True:
        for line in list(stack.lines):
            if seen(line):
                return line
        assert time.monotonic() < give_up, stack.lines
        time.sleep(0.02)


@pytest.mark.sweep
@pytest.mark.timeout(300)  # a dozen commands, one after another
def test_a_change_of_a_model_becomes_a_migration_step_by_step(stack: Stack, project: Path) -> None:
    def here(module: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        return run(module, *arguments, project=project, data_dir=stack.data_dir)

    agree = "the models and the migrations agree: there is nothing to write\n"
    assert here("tools.development.new_migration", "nothing").stdout == agree
    unnamed = here("tools.development.new_migration", " ").stderr
    assert unnamed.startswith("error: say what it does: make revision")

    assert stack.call("GET", "/api/v1/gadgets").status == 200
    model = project / "shared/models/sample.py"
    save(model, "class Gadget(Base):\n", "class Gadget(Base):\n    colour: Mapped[str | None]\n\n")
    differ = "migrations  the models differ from the database (add column gadgets.colour): run make revision"
    eventually(stack, lambda line: line.startswith(differ))
    save(model, "class Gadget(Base):\n    colour", "class Gadget(Base):\n    # its colour\n    colour")
    assert stack.call("POST", "/api/v1/gadgets", {"name": "x"}).status == 500
    cause = eventually(stack, lambda line: "42703" in line or 'column "colour"' in line)
    hint = stack.lines[stack.lines.index(cause) + 1]
    assert hint.strip().startswith("the models differ from the database (add column gadgets.colour)")

    wrote = here("tools.development.new_migration", "Colours for gadgets.").stdout
    file = project / f"infra/deployed/migrations/versions/{NEXT}_colours_for_gadgets.py"
    assert wrote == f"wrote {file.relative_to(project)}: read it, then make migrate\n"
    assert file.read_text() == (
        '"""Colours for gadgets."""\n\nimport sqlalchemy as sa\nfrom alembic import op\n\n'
        f'revision = "{NEXT}"\ndown_revision = "{int(NEXT) - 1:04}"\n\n\n'
        "def upgrade() -> None:\n"
        '    op.add_column("gadgets", sa.Column("colour", sa.Text(), nullable=True))\n\n\n'
        'def downgrade() -> None:\n    op.drop_column("gadgets", "colour")\n'
    )
    eventually(stack, lambda line: line == f"migrations  {file.name} is new")
    eventually(stack, lambda line: line == f"migrations  the database lacks {NEXT}: make migrate")

    button = stack.call("POST", "/_local/actions/migrations/apply", {"value": ""}, {"Origin": stack.origin})
    assert button.json() == {"result": f"migrations  at {NEXT}, applied {NEXT}"}
    assert here("local.schema_commands", "migrate").stdout == f"migrations  at {NEXT}\n"
    assert stack.call("POST", "/api/v1/gadgets", {"name": "x"}).status == 201

    file.unlink()
    ahead = here("local.schema_commands", "migrate").stderr.splitlines()
    assert ahead[0] == (
        f"error: the database is at revision {NEXT}, which no migration here creates"
        f" (the newest is {int(NEXT) - 1:04})"
    )
    assert len(ahead) == 3
    save(model, "    # its colour\n    colour: Mapped[str | None]\n\n", "")
    emptied = here("local.schema_commands", "reset").stdout.splitlines()
    assert emptied[0] == "database    emptied"
    assert emptied[1].startswith(f"migrations  at {int(NEXT) - 1:04}, applied 0001, ")
    assert stack.call("GET", "/api/v1/gadgets", token=here("local.token").stdout.strip()).json() == []


@pytest.mark.slow
def test_what_is_needed_is_started_and_ends(tmp_path: Path) -> None:
    """Without a stack: reset makes the database, psql asks it, and nothing runs on."""
    emptied = run("local.schema_commands", "reset", project=ROOT, data_dir=tmp_path).stdout
    assert emptied.splitlines()[0] == f"database    Postgres in {tmp_path / 'postgres'}"
    answer = run(
        "local.psql", "-Atc", "SELECT current_user, count(*) FROM users", project=ROOT, data_dir=tmp_path
    )
    assert answer.stdout.splitlines()[-1] == f"{IDENTIFIER}|0"
    assert not (tmp_path / "postgres/data/postmaster.pid").exists()
    port = (tmp_path / "postgres/port").read_text()
    shell = subprocess.run(
        [sys.executable, "-m", "infra.local.shell"],
        cwd=ROOT,
        env=os.environ | {"DATA_DIR": str(tmp_path), "DATABASE_URL": ""},
        input="print(db.scalars(select(User)).all(), db.get_bind().url.port)\n",
        capture_output=True,
        text=True,
        check=False,
    )
    assert f"[] {port}" in shell.stdout  # the port stays
