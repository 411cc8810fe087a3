"""The stack as a person starts it: a process of its own, real HTTP, real tokens."""

import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from infra.local.postgres import free_port
from tests.emulator.client import HttpAnswer, request
from tests.support.client import ROOT, UNLIMITED, find_route
from tests.support.document import hold_over_http
from tests.support.issuer import Signer
from tests.support.sample_domain import install


@dataclass
class Stack:
    port: int
    data_dir: Path
    process: subprocess.Popen[str]
    lines: list[str] = field(default_factory=list)  # as it prints them

    def __post_init__(self) -> None:
        self._ready = threading.Event()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout
        with self.process.stdout:
            for line in self.process.stdout:
                self.lines.append(line.rstrip())
                if line.startswith("curl"):
                    self._ready.set()
        self._ready.set()

    def wait_until_ready(self) -> None:
        self._ready.wait()
        assert any(line.startswith("curl") for line in self.lines), "\n".join(self.lines)

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def signer(self) -> Signer:
        return Signer(self.origin, self.data_dir / "issuer-key.pem")

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        headers: dict[str, str] | None = None,
        token: str | None = "",
    ) -> HttpAnswer:
        """`token`: "" for a good one, None for none."""
        sent = dict(headers or {})
        if token is not None:
            sent["Authorization"] = f"Bearer {token or self.signer.token()}"
        answer = request(self.port, method, path, body, sent)
        if (route := find_route(method, path.partition("?")[0])) is not None:
            hold_over_http(route["operation_id"], answer)
        return answer

    def stop(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        self.process.wait(timeout=30)
        self._reader.join()
        return self.process.returncode


def new_service(stack: Stack) -> dict[str, str]:
    """Returns `client_id` and `client_secret` of a service with all scopes."""
    added = subprocess.run(
        ["make", "-s", "service", "NAME=import"],
        cwd=ROOT,
        env=os.environ | {"DATA_DIR": str(stack.data_dir), "DATABASE_URL": ""},
        capture_output=True,
        text=True,
        check=True,
    )
    return dict(line.split("=") for line in added.stdout.splitlines())


@contextmanager
def running_stack(
    data_dir: Path,
    project: Path = ROOT,
    command: tuple[str, ...] = (sys.executable, "-m", "infra.local"),
    descriptors: tuple[int, ...] = (),
    **environment: str,
) -> Iterator[Stack]:
    port = free_port()
    # `make run` reads the origins that the handlers of the tests have.
    inherited = {name: value for name, value in os.environ.items() if name != "ALLOWED_ORIGINS"}
    process = subprocess.Popen(
        command,
        cwd=project,
        env=UNLIMITED
        | inherited
        | {"PORT": str(port), "DATA_DIR": str(data_dir), "DATABASE_URL": ""}
        | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        pass_fds=descriptors,
    )
    stack = Stack(port, data_dir, process)
    try:
        stack.wait_until_ready()
        yield stack
    finally:
        if process.poll() is None:
            stack.stop()


def copy_of_the_project(parent: Path) -> Path:
    """To be edited and broken; it serves the sample domain, too."""
    folder = parent / "a project"
    for name in ("functions", "infra", "shared"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("template.yaml", "samconfig.toml"):
        shutil.copy(ROOT / name, folder)
    install(folder)
    return folder
