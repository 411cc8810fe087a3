"""What runs on this machine, and starts that fail."""

import os
import subprocess
import sys
from pathlib import Path

from infra.local.postgres import free_port
from tests.local.conftest import Stack
from tests.support.client import ROOT


def failure(data_dir: Path, project: Path = ROOT, **environment: str) -> str:
    """The one line that a start says which cannot be; nothing runs on."""
    environment = {"PORT": str(free_port()), "DATA_DIR": str(data_dir), "DATABASE_URL": ""} | environment
    ended = subprocess.run(
        [sys.executable, "-m", "infra.local"],
        cwd=project,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 1
    assert not [pid for pid in all_processes() if str(data_dir) in command_line(pid)]
    [line] = ended.stderr.splitlines()
    return line


def processes_of(stack: Stack) -> list[int]:
    """The stack's own process, and all that descend from it or work in its data folder."""
    return with_descendants(stack.process.pid, stack.data_dir)


def with_descendants(process: int, folder: Path | None = None) -> list[int]:
    """The process and all that descend from it, or work in the folder."""
    found = {process}
    for pid in sorted(all_processes()):
        if parent(pid) in found or (folder and str(folder) in command_line(pid)):
            found.add(pid)
    return sorted(found)


def all_processes() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]


def parent(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0


def command_line(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return ""


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
