"""A program with the TypeScript client: compiled strictly, run by Node.js, served to a browser."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

from tests.support import artifact
from tests.support.client import ROOT

HERE = Path(__file__).parent
TOOLS = ROOT / ".clients"
MODULES = ("--module", "nodenext", "--target", "es2022", "--lib", "es2022,dom,dom.iterable,dom.asynciterable")


def run(*command: str | Path, cwd: Path = ROOT, **environment: str) -> str:
    """Runs with the tools that make the clients first on the PATH."""
    path = os.pathsep.join(map(str, (TOOLS / "bin", TOOLS / "node_modules/.bin", os.environ["PATH"])))
    return artifact.run(*command, cwd=cwd, PATH=path, **environment)


def compile_program(folder: Path, clients: Path) -> Path:
    """Copies the sources and page.html into `folder` and compiles them there."""
    (folder / "node_modules").mkdir(parents=True)
    (folder / "node_modules/api-client").symlink_to(clients / "typescript")
    (folder / "package.json").write_text('{"type": "module"}')
    shutil.copy(HERE / "page.html", folder)
    shutil.copytree(HERE / "typescript", folder, dirs_exist_ok=True)
    sources = [
        str(file.relative_to(folder)) for file in folder.rglob("*.ts") if "node_modules" not in file.parts
    ]
    run("tsc", "--strict", "--noUncheckedIndexedAccess", *MODULES, *sources, cwd=folder)
    return folder


def run_in_node(folder: Path, module: str, call: str) -> None:
    (folder / "call.mjs").write_text(f"import * as it from './{module}.js'; await it.{call}")
    run("node", "call.mjs", cwd=folder)


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Says nothing."""


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Yields the origin of the program's page."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=folder))
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://localhost:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
