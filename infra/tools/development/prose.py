"""`python -m infra.tools.development.prose`: checks links between documents, and looks for replaced names.

replaced_names.toml lists names and phrases that a newcomer would not understand, each with its replacement.
"""

import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
REPLACED = Path(__file__).with_name("replaced_names.toml")
TEXTS = (".md", ".py", ".yaml", ".yml", ".toml", ".js", ".mjs", ".ts", ".html", "Makefile")
# Migrations stay as they were applied.
UNCHECKED = (str(REPLACED.relative_to(ROOT)), "infra/deployed/migrations/versions/")
LINK = re.compile(r"\]\((?!https?:)([^)\s]*)\)|(?:src|srcset|href)=\"(?!https?:)([^\"]*)\"")
CODE = re.compile(r"^```.*?^```$|^(?: {4}[^\n]*\n)+|`[^`\n]+`", re.MULTILINE | re.DOTALL)


def files(root: Path) -> list[str]:
    """Returns the project's text files, new ones included."""
    words = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    named = subprocess.run(words, cwd=root, capture_output=True, text=True, check=True).stdout.splitlines()
    texts = {name for name in named if name.endswith(TEXTS) and not name.startswith(UNCHECKED)}
    return sorted(name for name in texts if (root / name).is_file())


@cache
def headings(page: Path) -> set[str]:
    """Returns the fragments that GitHub gives to the page's headings."""
    found: dict[str, int] = {}
    names = set()
    for title in re.findall(
        r"^#+ (.+)$", re.sub(r"^```.*?^```$", "", page.read_text(), flags=re.M | re.S), re.M
    ):
        name = re.sub(r"[^\w\- ]", "", re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", title).lower()).replace(
            " ", "-"
        )
        names.add(f"{name}-{found[name]}" if name in found else name)
        found[name] = found.get(name, 0) + 1
    return names


def broken_links(root: Path, page: str) -> Iterator[str]:
    text = CODE.sub(lambda found: "\n" * found[0].count("\n"), (root / page).read_text())
    for number, line in enumerate(text.splitlines(), 1):
        for target in (first or second for first, second in LINK.findall(line)):
            path, _, fragment = target.partition("#")
            file = (root / page).parent / path if path else root / page
            if not file.exists():
                yield f"{page}:{number}: there is no file {path}"
            elif fragment and fragment not in headings(file):
                yield f"{page}:{number}: {file.name} has no heading #{fragment}"


def replaced_names(root: Path, file: str, replacements: dict[str, str]) -> Iterator[str]:
    pattern = re.compile("|".join(f"({each})" for each in replacements))
    uses = list(replacements.values())
    for number, line in enumerate((root / file).read_text().splitlines(), 1):
        for found in pattern.finditer(line):
            yield f"{file}:{number}: instead of {found[0]!r} write {uses[(found.lastindex or 1) - 1]!r}"


def faults(root: Path) -> Iterator[str]:
    replacements = tomllib.loads(REPLACED.read_text())
    for file in files(root):
        yield from replaced_names(root, file, replacements)
        if file.endswith(".md") and not file.startswith("tests/"):  # those are templates of pages
            yield from broken_links(root, file)


if __name__ == "__main__":
    if found := list(faults(ROOT)):
        sys.exit("\n".join(found))
