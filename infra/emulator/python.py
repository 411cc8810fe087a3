"""The workers' Python: this one with all its packages, or a bare one as in Lambda for built functions."""

import re
import shutil
import sys
from dataclasses import dataclass
from importlib.metadata import distribution
from pathlib import Path

# The packages in Lambda's own runtime. Source: AWS Lambda developer guide, "Runtime-included SDK versions".
PROVIDED = ("awslambdaric", "boto3")


@dataclass(frozen=True)
class Python:
    command: tuple[str, ...]
    path: tuple[Path, ...] = ()  # import paths after the function's code and layers


def venv_python() -> Python:
    return Python((sys.executable,))


def clean_python(data_dir: Path) -> Python:
    """An interpreter with the standard library and the packages of Lambda's runtime alone."""
    runtime = data_dir / "runtime"
    shutil.rmtree(runtime, ignore_errors=True)  # links, and bytecode of linked modules
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
