"""The workers' Python: this one with all its packages, or a bare one as in Lambda for built functions."""

import shutil
import sys
from dataclasses import dataclass
from importlib.metadata import distribution
from pathlib import Path

from infra.emulator.command_error import CommandError

# The packages in Lambda's own runtime. Source: AWS Lambda developer guide, "Runtime-included SDK versions".
SDK = ("boto3", "botocore", "jmespath", "python-dateutil", "s3transfer", "six", "urllib3")
PROVIDED = (*SDK, "awslambdaric", "simplejson", "snapshot-restore-py")


@dataclass(frozen=True)
class Python:
    command: tuple[str, ...] = (sys.executable,)
    path: tuple[Path, ...] = ()  # import paths after the function's code and layers


def clean_python(data_dir: Path, packages: Path | None = None) -> Python:
    """A bare interpreter with the packages of Lambda's runtime and in a folder. Errors: CommandError."""
    if packages and not packages.is_dir():
        raise CommandError(f"{packages} is not a folder: create one with pip install --target FOLDER")
    runtime = data_dir / "runtime"
    shutil.rmtree(runtime, ignore_errors=True)  # links, and bytecode of linked modules
    runtime.mkdir(parents=True)
    for name in PROVIDED:
        files = distribution(name).files or []
        for top in {file.parts[0] for file in files if file.parts[0] not in ("..", "__pycache__")}:
            (runtime / top).symlink_to(Path(str(distribution(name).locate_file(top))))
    base = Path(sys.base_prefix) / "bin" / f"python3.{sys.version_info.minor}"
    return Python((str(base), "-S"), (runtime, packages.resolve()) if packages else (runtime,))
