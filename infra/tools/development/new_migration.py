"""`python -m infra.tools.development.new_migration MESSAGE`: writes a migration from changed models.

It compares the models with a Postgres of its own at the newest revision, so no other database matters.
"""

import re
import subprocess
import sys
from contextlib import redirect_stdout
from graphlib import TopologicalSorter
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from alembic import command
from alembic.operations.ops import DropTableOp
from alembic.script import Script

from infra.deployed.migrations import config, newest, upgrade
from infra.deployed.migrations.bootstrap import create_roles
from infra.local.postgres import cluster
from infra.tools.development.migration_lint import migration_faults

MARKS = re.compile(r"\n    # ### .* ###")  # Alembic's comments around generated code


def write_revision(message: str) -> Path | None:
    """Returns the new file; None if the migrations already make what the models declare."""
    with TemporaryDirectory() as folder, cluster(Path(folder)) as postgres:
        create_roles(postgres.owner_url)
        upgrade(postgres.owner_url)
        number = f"{int(newest()) + 1:04}"
        sentence = _as_docstring(message)
        with redirect_stdout(StringIO()):
            written = command.revision(
                config(postgres.owner_url),
                sentence,
                autogenerate=True,
                rev_id=number,
                process_revision_directives=drop_tables_last,
            )
    if not isinstance(written, Script):  # env.py writes no empty revision
        return None
    file = Path(written.path)
    file.write_text(MARKS.sub("", file.read_text()))
    subprocess.run([sys.executable, "-m", "ruff", "check", "--quiet", "--fix-only", file], check=True)
    subprocess.run([sys.executable, "-m", "ruff", "format", "--quiet", file], check=True)
    return file


def drop_tables_last(_: Any, __: Any, revisions: list[Any]) -> None:
    """After all that still refers to them, and those that refer to others first."""
    for revision in revisions:
        done = revision.upgrade_ops
        drops = {each.table_name: each for each in done.ops if isinstance(each, DropTableOp)}
        refers = {name: _referred(each) & set(drops) - {name} for name, each in drops.items()}
        order = list(TopologicalSorter(refers).static_order())[::-1]
        gone = {
            name: [each for each in done.ops if getattr(each, "table_name", None) == name] for name in order
        }
        taken = [each for some in gone.values() for each in some]
        done.ops = [each for each in done.ops if each not in taken] + taken
        done.reverse_into(revision.downgrade_ops)


def _referred(drop: DropTableOp) -> set[str]:
    return {key.target_fullname.split(".")[-2] for key in drop.to_table().foreign_keys}


def _as_docstring(message: str) -> str:
    """One line, that means the same between triple quotes."""
    line = " ".join(message.split()).rstrip(".")
    return line.replace("\\", r"\\").replace('"', r"\"")


def report(made: Path) -> str:
    """Prints the new file and its statements that a table in use cannot bear."""
    wrote = f"wrote {made.relative_to(Path.cwd())}: read it, then make migrate"
    return "\n".join([wrote, *(f"mend {sentence}" for sentence in migration_faults(made.parent.parent))])


if __name__ == "__main__":
    if not sys.argv[1].strip():
        sys.exit('error: say what it does: make revision MESSAGE="notes"')
    if made := write_revision(sys.argv[1]):
        print(report(made))
    else:
        print("the models and the migrations agree: there is nothing to write")
