"""Runs the build as Lambda does: with the real runtime client and a Python without packages."""

import asyncio
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from infra.emulator.python import clean_python
from infra.emulator.runtime import Runtime
from infra.emulator.template import load
from infra.emulator.worker_limits import machine_limits
from infra.tools.names import function_of
from tests.support.client import MAIL, ROOT

HOST_ARCHITECTURE = os.uname().machine.replace("aarch64", "arm64")


def run(*command: str | Path, cwd: Path = ROOT, **environment: str) -> str:
    """Runs a command with the project's tools first on its PATH, and returns its output."""
    tools = f"{ROOT / '.venv/bin'}:{ROOT / '.uv/bin'}:{os.environ['PATH']}"
    ran = subprocess.run(
        command,
        cwd=cwd,
        env=os.environ | {"PATH": tools} | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


def build(folder: Path, architecture: str = HOST_ARCHITECTURE) -> None:
    run("make", "build", f"BUILD_DIR={folder}", f"ARCHITECTURE={architecture}")


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def size(folder: Path) -> int:
    return sum(path.stat().st_size for path in files(folder))


def sizes(built: Path, scratch: Path) -> tuple[int, int]:
    """Returns the bytes of a function with its layers, and of a pip install of its dependencies."""
    requirements, full = scratch / "requirements.txt", scratch / "full"
    groups = ("--group", "runtime", "--group", "provided")
    run("uv", "pip", "compile", *groups, "--constraint", "requirements.lock", "--output-file", requirements)
    install = ("uv", "pip", "install", "--compile-bytecode", "--python", sys.executable)
    run(*install, "--target", full, "-r", requirements)
    return sum(size(built / part) for part in ("PackagesLayer", "SharedLayer", "HealthFunction")), size(full)


class Artifact:
    """The built functions. A test client calls `run`."""

    def __init__(self, folder: Path, scratch: Path, environment: dict[str, str]) -> None:
        self.folder = folder
        self._functions = load(folder / "template.yaml", "https://issuer.test", environment, MAIL).functions
        self.printed: list[str] = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        self._runtime = Runtime(
            lambda name, line: self.printed.append(line), clean_python(scratch), machine_limits()
        )
        self._wait(self._runtime.start())

    def run(self, operation: str, event: dict[str, Any]) -> Any:
        return self._wait(self._runtime.invoke(self._functions[function_of(operation)], event))

    def stop(self) -> None:
        self._wait(self._runtime.stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _wait(self, coroutine: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(timeout=60)
