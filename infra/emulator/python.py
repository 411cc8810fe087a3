"""The workers' Python: this one with all its packages, or a bare one as in Lambda for built functions."""

import re
import shutil
import sys
from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from infra.emulator.command_error import CommandError

# The packages in Lambda's own runtime. Source: AWS Lambda developer guide, "Runtime-included SDK versions".
PROVIDED = ("awslambdaric", "boto3")


@dataclass(frozen=True)
class Python:
    command: tuple[str, ...]
    path: tuple[Path, ...] = ()  # import paths after the function's code and layers


def venv_python() -> Python:
    return Python((sys.executable,))


def python_with(packages: Path, data_dir: Path) -> Python:
    """A bare interpreter with the packages in a folder or of a requirements file. Errors: CommandError."""
    if packages.is_dir():
        bare = clean_python(data_dir)
        return replace(bare, path=(*bare.path, packages.resolve()))
    try:
        lines = [line.partition("#")[0].strip() for line in packages.read_text().splitlines()]
    except OSError as error:
        raise CommandError(f"{packages} cannot be read: {error.strerror}") from None
    names = tuple(_name(line) for line in lines if re.match(r"\w", line))
    if missing := [name for name in names if not _is_installed(name)]:
        raise CommandError(f"{packages} names {missing[0]}, which is not installed in {sys.prefix}")
    return clean_python(data_dir, (*PROVIDED, *names))


def clean_python(data_dir: Path, names: tuple[str, ...] = PROVIDED) -> Python:
    """A bare interpreter with these packages, by default those of Lambda's runtime."""
    runtime = data_dir / "runtime"
    shutil.rmtree(runtime, ignore_errors=True)  # links, and bytecode of linked modules
    runtime.mkdir(parents=True)
    for name in _with_dependencies(names):
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
        if name not in found and _is_installed(name):
            found.add(name)
            required = distribution(name).requires or []
            waiting += [_name(line) for line in required if "extra ==" not in line]
    return found


def _is_installed(name: str) -> bool:
    try:
        return bool(distribution(name))
    except PackageNotFoundError:
        return False


def _name(requirement: str) -> str:
    match = re.match(r"[\w.-]+", requirement)
    assert match is not None
    return match[0]
