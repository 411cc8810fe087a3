"""The pages that people read, and what of them is code."""

import re
from collections.abc import Iterator
from pathlib import Path

from tests.support.client import ROOT

PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])
FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
GUIDE = ROOT / "docs/adding-a-domain.md"
EXAMPLE = re.findall(r"make new DOMAIN=(\w+)", GUIDE.read_text())[0]  # the domain that the guide adds
INDENTED = re.compile(r"(?:^    .*\n)+", re.MULTILINE)


def code(page: Path) -> Iterator[str]:
    """Its blocks, and what stands between backticks."""
    text = page.read_text()
    for _, block in FENCE.findall(text):
        yield block
    text = FENCE.sub("", text)
    yield from (re.sub("^    ", "", block, flags=re.MULTILINE) for block in INDENTED.findall(text))
    yield from re.findall(r"`([^`]+)`", INDENTED.sub("", text))


def section(page: Path, title: str) -> str:
    return re.split(r"^#+ ", page.read_text().partition(f"# {title}\n")[2], maxsplit=1, flags=re.MULTILINE)[0]


def column(text: str, number: int = 0) -> set[str]:
    """The names between backticks in that column of the text's table."""
    table = text[text.index("| ---") :].splitlines()[1:]
    rows = [line.strip("| ").split(" | ") for line in table if line.startswith("| ")]
    return {name for row in rows for name in re.findall(r"`([^`]+)`", row[number])}


def table_rows(text: str) -> list[list[str]]:
    """The cells of each row, of all tables, without their heads."""
    lines = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| ")]
    heads = {number - 1 for number, row in enumerate(lines) if set(row[0]) <= {"-"}}
    return [row for number, row in enumerate(lines) if number not in heads and not set(row[0]) <= {"-"}]
