"""The parts of domains that do not run in Lambda. The module of a domain may define any of these:

`MAIN_READS`: its main routes, which move to a new version gradually and have alarms of their own.
`demo(demo)`, `amount(factor)`, `LOOK_AT`: its rows of `make demo`, their number, and calls to look at them.
`journey(call)`: its steps of `make smoke`; returns a sentence that describes them.
`EXAMPLE`: the folder of an application that uses its routes, and goes with it.
"""

import csv
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy import Connection, Select, func, select
from sqlalchemy.orm import InstrumentedAttribute

ROOT = Path(__file__).parents[2]
ABANDONED = ROOT / "infra/domains/abandoned_tables.txt"  # written by `make remove`

# Takes method, path, body, expected status and the step in words; returns the answer's body.
type Call = Callable[[str, str, Any, int, str], Any]
type Rows = Iterable[tuple[object, ...]]

BEGIN, YEAR = datetime(2025, 1, 1, tzinfo=UTC), timedelta(days=365)
NAMES = ("ada", "alan", "barbara", "edsger", "grace", "john", "katherine", "leslie", "margaret", "tony")
NOUNS = ("compiler", "cursor", "index", "lock", "monitor", "packet", "query", "queue", "schema", "stack")
VERBS = ("found", "lost", "measured", "rewrote", "simplified", "taught", "tested", "understood")


def names() -> list[str]:
    """Returns the domains in the order of their last routes in docs/routes.csv."""
    rows = csv.DictReader((ROOT / "docs/routes.csv").read_text().splitlines())
    folders = {file.stem: file.parent.name for file in (ROOT / "functions").glob("*/*.py")}
    known = [folders[row["operation_id"]] for row in rows if row["operation_id"] in folders]
    return list(dict.fromkeys(known[::-1]))[::-1]


def provided(name: str, domains: Iterable[str] | None = None) -> list[Any]:
    """Returns what the modules of these domains, by default of all, define by this name."""
    files = [
        each
        for each in (names() if domains is None else domains)
        if (ROOT / f"infra/domains/{each}.py").exists()
    ]
    modules = [import_module(f"infra.domains.{each}") for each in files]
    return [getattr(module, name) for module in modules if hasattr(module, name)]


def main_reads() -> list[str]:
    return [operation for some in provided("MAIN_READS") for operation in some]


def abandoned_tables() -> list[str]:
    """Returns the tables of removed domains: they stay for a rollback, and a later migration drops them."""
    return ABANDONED.read_text().split() if ABANDONED.exists() else []


@dataclass(frozen=True)
class Demo:
    """Demo data that is being filled in: `factor` times the least of it, of the users with these ids."""

    db: Connection
    factor: int
    users: list[int]
    copy: Callable[[Sequence[Any], Rows], None]  # columns, and rows with values in their order

    @contextmanager
    def new(self, key: InstrumentedAttribute[int]) -> Iterator[list[int]]:
        """Yields a list that holds the ids of the rows inserted meanwhile."""
        last = self.db.scalar(select(func.max(key))) or 0
        made: list[int] = []
        yield made
        made += self.ids(select(key).where(key > last))

    def ids(self, statement: Select[int]) -> list[int]:
        return list(self.db.scalars(statement.order_by(*statement.selected_columns)))


def sentence(number: int) -> str:
    subject, thing = NAMES[number % 10].capitalize(), NOUNS[number // 10 % 10]
    return f"{subject} {VERBS[number // 100 % 8]} a {thing}, for the {number // 800 + 1}. time."


def moment(number: int, count: int) -> datetime:
    """Returns moments spread over the year, in order."""
    return BEGIN + YEAR * number / count


def chance(what: str) -> Random:
    """Returns the same random numbers on every machine."""
    return Random(what)  # noqa: S311  it decides what a demo shows
