"""The port to Aurora DSQL as a table: each item with where this code has it."""

import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from infra.tools.scale.deployed import ROOT

FILE = Path(__file__).with_name("dsql.toml")
FEW = 4  # files that are named; of more, their folders
REVISIONS = Path("infra/deployed/migrations/versions")  # whose names tell enough

HEAD = ("what", "where", "Aurora DSQL", "what changes")


def items() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = tomllib.loads(FILE.read_text())["item"]
    return found


def rows() -> Iterator[tuple[str, ...]]:
    for item in items():
        state = f"[{item['state']}]({item['source']})"
        yield item["what"], _named(list(where(item))), state, item["change"]


def where(item: dict[str, Any]) -> Iterator[Path]:
    """The files in which its pattern is found, below the root."""
    for name in item["in"]:
        place = ROOT / name
        for file in [place] if place.is_file() else sorted(place.rglob("*.py")):
            if re.search(item["pattern"], _text(file), re.MULTILINE):
                yield file.relative_to(ROOT)


@cache
def _text(file: Path) -> str:
    return file.read_text()


def _named(files: list[Path]) -> str:
    if len(files) > FEW:
        files = sorted({file.parent for file in files})
    return ", ".join(f"`{file.name if file.parent == REVISIONS else file}`" for file in files) or "nowhere"
