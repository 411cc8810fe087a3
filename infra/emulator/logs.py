"""Prints the workers' logs for people, in colour on a terminal."""

import sys
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from infra.emulator.records import LEVELS, Record, read
from infra.emulator.traces import cause, own_frames

COLOURS = {"DEBUG": "2", "INFO": "36", "WARNING": "33", "ERROR": "31", "CRITICAL": "31"}


def operation(function: str) -> str:
    """The form in which names are compared: `listitems` for list_items and ListItemsFunction."""
    return function.removesuffix("Function").replace("_", "").lower()


@dataclass(frozen=True)
class Console:
    """Prints records from `level` up, of the functions or operations in `only` or of all if it is empty.

    `roots(function)` gives the function's import paths, `hint(record)` advice on an error.
    """

    level: str = "INFO"
    only: Collection[str] = ()
    roots: Callable[[str], Iterable[Path]] = lambda _: ()
    hint: Callable[[Record], str | None] = lambda _: None

    def show(self, function: str, line: str) -> None:
        record = read(line)
        if record is None or LEVELS.index(record.level) < LEVELS.index(self.level):
            return
        if not self.only or operation(function) in map(operation, self.only):
            print("\n".join(self._lines(function, record, colour=sys.stdout.isatty())), flush=True)

    def _lines(self, function: str, record: Record, *, colour: bool) -> Iterator[str]:
        name = function.removesuffix("Function")
        fields = " ".join(f"{key}={value}" for key, value in record.fields.items())
        if not record.time:
            head = f"{name}  {record.message}"
            dim = colour and record.level == "INFO"
            yield f"\x1b[2m{head}\x1b[0m" if dim else head
        else:
            level = _painted(record.level, colour)
            yield f"{record.time} {level} {name}  {record.message}  {fields}".rstrip()
        for statement in record.sql:
            yield f"    {' '.join(statement.split())}"
        if record.trace:
            yield from self._explained(function, record)

    def _explained(self, function: str, record: Record) -> Iterator[str]:
        if (first := cause(record.trace)) is not None:
            yield f"    {first}"
        if (hint := self.hint(record)) is not None:
            yield f"    {hint}"
        frames = own_frames(record.trace, self.roots(function))
        for frame in frames:
            yield f"      {frame}"
        if not frames:
            yield from (f"      {line}" for line in record.trace.splitlines())


def _painted(level: str, colour: bool) -> str:
    padded = f"{level:<7}"
    return f"\x1b[{COLOURS[level]}m{padded}\x1b[0m" if colour else padded
