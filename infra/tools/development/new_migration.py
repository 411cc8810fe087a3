"""`python -m infra.tools.development.new_migration MESSAGE`: writes a migration from changed models.

It compares the models with a Postgres of its own at the newest revision, so no other database matters.
It passes over the tables of removed domains, which DROP=abandoned drops (remove_domain.py).
"""

import os
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
from alembic.operations.ops import CreateTableOp, DropTableOp
from alembic.script import Script

from infra.deployed.migrations import config, newest, upgrade
from infra.deployed.migrations.bootstrap import create_roles
from infra.domains import ABANDONED, abandoned_tables
from infra.local.postgres import cluster
from infra.tools.development.migration_lint import migration_faults

REASONS = {
    "": "",
    "abandoned": "no release has read them since their domain was removed",
    "now": "nothing is deployed yet",
}
MARKS = re.compile(r"\n    # ### .* ###")  # Alembic's comments around generated code


def write_revision(message: str, drop: str = "") -> Path | None:
    """Returns the new file; None if the migrations already make what the models declare.

    `drop`: empty for a revision that drops no abandoned table, else the reason why nothing reads the tables.
    """
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
                process_revision_directives=drop_tables_last if drop else leave_abandoned_tables,
            )
    if not isinstance(written, Script):  # env.py writes no empty revision
        return None
    file = Path(written.path)
    file.write_text(MARKS.sub("", file.read_text()))
    if drop:
        file.write_text(with_excuses(file.read_text(), drop))
    subprocess.run([sys.executable, "-m", "ruff", "check", "--quiet", "--fix-only", file], check=True)
    subprocess.run([sys.executable, "-m", "ruff", "format", "--quiet", file], check=True)
    return file


def leave_abandoned_tables(context: Any, revision: Any, revisions: list[Any]) -> None:
    """Writes nothing of tables that stay for a rollback."""
    left = set(abandoned_tables())
    for each in revisions:
        done = each.upgrade_ops
        done.ops = [op for op in done.ops if getattr(op, "table_name", None) not in left]
    drop_tables_last(context, revision, revisions)


def with_excuses(text: str, reason: str) -> str:
    """Returns a revision that may drop its tables and their indexes, as migration_lint.py asks."""
    rules = ["ban-drop-table"]
    if "op.drop_index(" in text.partition("def downgrade")[0]:
        rules.append("require-concurrent-index-deletion")
    excuses = "".join(f'    "{rule}": "{reason}",\n' for rule in rules)
    return re.sub(r"^(down_revision = .*\n)", rf"\1UNSAFE = {{\n{excuses}}}\n", text, flags=re.MULTILINE)


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
        for table in (*done.ops, *revision.downgrade_ops.ops):
            if isinstance(table, CreateTableOp):
                table.info = {}  # the models' own notes, which no database keeps


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
    chosen = os.environ.get("DROP", "")
    if chosen not in REASONS:
        sys.exit(f"error: DROP is {chosen!r}; it should be abandoned, or absent")
    if made := write_revision(sys.argv[1], REASONS[chosen]):
        if chosen == "abandoned":
            ABANDONED.unlink(missing_ok=True)
        print(report(made))
    else:
        print("the models and the migrations agree: there is nothing to write")
