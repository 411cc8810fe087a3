"""`python -m tests.performance [ROW,ROW...]`: measures, and prints a line a figure.

A run of all rows writes docs/performance.md and its plots too.
"""

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.performance import report, require_samples
from tests.performance.rows import ROWS
from tests.performance.setup import ground
from tests.performance.table import Figure
from tests.support.client import ROOT


def chosen_rows(arguments: Sequence[str]) -> list[str]:
    chosen = [row for argument in arguments for row in argument.split(",") if row]
    if unknown := set(chosen) - set(ROWS):
        sys.exit(f"no such row: {', '.join(sorted(unknown))}; there are {', '.join(ROWS)}")
    return chosen or list(ROWS)


def main(rows: Sequence[str]) -> None:
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory() as folder, ground(Path(folder)) as prepared:
        for row in rows:
            for figure in ROWS[row](prepared):
                figures.append(figure)
                print(figure.line(), flush=True)
    if set(rows) == set(ROWS):
        report.write(ROOT / "docs", figures)


if __name__ == "__main__":
    require_samples()
    main(chosen_rows(sys.argv[1:]))
