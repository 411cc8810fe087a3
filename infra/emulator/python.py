"""The workers' Python: this one with all its packages or, for what was built, one as bare as Lambda's."""

import re
import shutil
import sys
from dataclasses import dataclass
from importlib.metadata import distribution
from pathlib import Path

# What Lambda's own runtime brings. Source: AWS Lambda developer guide, "Runtime-included SDK versions".
PROVIDED = ("awslambdaric", "boto3")


@dataclass(frozen=True)
class Python:
    command: tuple[str, ...]
    path: tuple[Path, ...] = ()  # after the function's code and layers


def venv_python() -> Python:
    return Python((sys.executable,))


def clean_python(data_dir: Path) -> Python:
    """An interpreter that sees its standard library, the function and what Lambda's runtime brings."""
    runtime = data_dir / "runtime"
    shutil.rmtree(runtime, ignore_errors=True)  # holds links, and the bytecode of those to single modules
    runtime.mkdir(parents=True)
    for name in _with_dependencies(PROVIDED):
        files = distribution(name).files or []
        for top in {file.parts[0] for file in files if file.parts[0] not in ("..", "__pycache__")}:
            (runtime / top).symlink_to(Path(str(distribution(name).locate_file(top))))
    base = Path(sys.base_prefix) / "bin" / f"python3.{sys.version_info.minor}"
    return Python((str(base), "-S"), (runtime,))


def _with_dependencies(names: tuple[str, ...]) -> set[str]:
    found: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            required = distribution(name).requires or []
            waiting += [_name(line) for line in required if "extra ==" not in line]
    return found


def _name(requirement: str) -> str:
    match = re.match(r"[\w.-]+", requirement)
    assert match is not None
    return match[0]
