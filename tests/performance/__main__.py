"""`python -m tests.performance [ROW,ROW...]`: measures, and prints a line a figure.

A run of all rows writes docs/performance.md and its plots too.
"""

import sys
import tempfile
from pathlib import Path

from tests.client import ROOT
from tests.performance import report
from tests.performance.ground import ground
from tests.performance.rows import ROWS
from tests.performance.table import Figure


def main(chosen: list[str]) -> None:
    if unknown := set(chosen) - set(ROWS):
        sys.exit(f"no such row: {', '.join(sorted(unknown))}; there are {', '.join(ROWS)}")
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory() as folder, ground(Path(folder)) as prepared:
        for row in chosen or ROWS:
            for figure in ROWS[row](prepared):
                figures.append(figure)
                print(figure.line(), flush=True)
    if not chosen:
        report.write(ROOT / "docs", figures)


main([row for argument in sys.argv[1:] for row in argument.split(",") if row])
