"""Compares the schema with the code after each edit, and reports differences in the log and on the dashboard.

It applies nothing by itself: a revision may be half written, and the database may be shared.
"""

import asyncio
import json
import sys
from collections.abc import Callable

from watchfiles import Change, PythonFilter, awatch

from infra.deployed.migrations.comparison import Comparison
from infra.emulator.command_error import CommandError
from infra.emulator.records import Record
from infra.local.command import step
from infra.local.config import ROOT
from infra.local.schema_upgrade import differ

VERSIONS = ROOT / "infra/deployed/migrations/versions"
MODELS = ROOT / "shared/models"
VERBS = {Change.added: "is new", Change.modified: "has changed", Change.deleted: "was deleted"}
# SQLSTATEs: undefined column, undefined table.
LACKING = ("42703", "42P01")


class SchemaWatch:
    def __init__(self, found: Comparison) -> None:
        """`found`: the comparison at the start."""
        self.found = found
        self.told: Callable[[], object] = lambda: None  # called after each change of `found`
        self.unreadable: str | None = None  # the error of importing the migrations or the models

    async def watch(self) -> None:
        async for changes in awatch(VERSIONS, MODELS, watch_filter=PythonFilter(), debounce=400, step=200):
            for change, path in sorted(changes, key=lambda each: each[1]):
                if path.startswith(str(VERSIONS)):
                    step("migrations", f"{path.rpartition('/')[2]} {VERBS[change]}")
            await self.look()

    async def look(self) -> None:
        """Compares again."""
        before, self.unreadable = self.found, None
        try:
            self.found = Comparison(**json.loads((await _command("compare")).splitlines()[-1]))
        except CommandError as error:
            self.unreadable = str(error)
        if self.unreadable or self.found != before:
            step("migrations", self.in_words)
            self.told()

    async def apply(self) -> str:
        """Applies pending revisions and returns the output. Errors: CommandError."""
        answer = await _command("migrate")
        await self.look()
        return answer.strip()

    @property
    def in_words(self) -> str:
        if self.unreadable:
            return f"cannot be read yet: {self.unreadable}"
        if self.found.unknown:
            return f"the database is at {self.found.current}, which no migration here creates"
        if self.found.pending:
            return f"the database lacks {', '.join(self.found.pending)}: make migrate"
        return differ(self.found.differences) if self.found.differences else f"at {self.found.newest}"

    def hint(self, record: Record) -> str | None:
        """Returns the next step for a statement that needs what the database lacks."""
        lacking = any(f"'C': '{code}'" in record.trace for code in LACKING)
        behind = self.found.pending or self.found.differences or self.found.unknown
        return self.in_words if lacking and behind else None


async def _command(name: str) -> str:
    """Returns the command's output. It has a process of its own, since this one keeps the old models."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "infra.local.schema_commands", name),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    answer, complaint = await process.communicate()
    if process.returncode != 0:
        lines = complaint.decode(errors="replace").strip().splitlines()
        raise CommandError(lines[-1] if lines else f"exit status {process.returncode}")
    return answer.decode()
