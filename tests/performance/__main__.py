"""`python -m tests.performance [ROW ...]`: measures, and prints a line a figure."""

import sys
import tempfile
from pathlib import Path

from tests.artifact import build
from tests.performance.ground import ground
from tests.performance.rows import ROWS


def main() -> None:
    chosen = sys.argv[1:] or list(ROWS)
    if unknown := set(chosen) - set(ROWS):
        sys.exit(f"no such row: {', '.join(sorted(unknown))}; there are {', '.join(ROWS)}")
    with tempfile.TemporaryDirectory() as folder:
        built, scratch = Path(folder) / "build", Path(folder) / "ground"
        scratch.mkdir()
        build(built)
        with ground(built, scratch) as prepared:
            for row in chosen:
                for figure in ROWS[row](prepared):
                    print(figure.line(), flush=True)


main()
