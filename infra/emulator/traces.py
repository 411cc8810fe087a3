"""Reads Python tracebacks for the function's author: the cause, then the frames of their own code."""

import linecache
import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

CHAINED = re.compile(
    r"\n\n(?:The above exception was the direct cause of the following exception"
    r"|During handling of the above exception, another exception occurred):\n\n"
)
FRAME = re.compile(r'\s*File "(?P<file>.+?)", line (?P<line>\d+), in (?P<name>.+)')
MOST = 300  # characters of a cause


def cause(trace: str) -> str | None:
    """The first exception of a chain in one line; None if the text is no traceback."""
    [first, *_] = CHAINED.split(trace)
    lines = first.splitlines()
    ends = [line for line in lines[1:] if line and not line[0].isspace()]
    return ends[0][:MOST] if ends else None


def own_frames(trace: str, roots: Iterable[Path]) -> list[str]:
    """The frames of files under `roots`, once each, outermost first. Built code has relative file names."""
    folders = list(roots)
    found: dict[str, None] = {}
    for match in filter(None, map(FRAME.match, trace.splitlines())):
        for file in _under(Path(match["file"]), folders):
            source = linecache.getline(str(file), int(match["line"])).strip()
            found[f"{_short(file)}:{match['line']} in {match['name']}  {source}".rstrip()] = None
    return list(found)


def _under(file: Path, folders: list[Path]) -> Iterator[Path]:
    """The file, if it exists in one of the folders and belongs to no installed package."""
    if "site-packages" in file.parts:
        return
    for folder in folders:
        if file.is_relative_to(folder) if file.is_absolute() else (folder / file).exists():
            yield folder / file
            return


def _short(file: Path) -> str:
    relative = os.path.relpath(file)
    return str(file) if relative.startswith("..") else relative
