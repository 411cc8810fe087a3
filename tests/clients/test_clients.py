"""The generated clients, strictly typed, used against a fresh stack with its default limits."""

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from shared.runtime.product import IDENTIFIER

import pytest

from tests.local.conftest import Stack, running_stack
from tests.support import artifact
from tests.support.client import ROOT, UNLIMITED

HERE = Path(__file__).parent
TOOLS = ROOT / ".clients"
pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


def run(*command: str | Path, cwd: Path = ROOT, **environment: str) -> str:
    """With the tools that make the clients first on the PATH."""
    path = os.pathsep.join(map(str, (TOOLS / "bin", TOOLS / "node_modules/.bin", os.environ["PATH"])))
    return artifact.run(*command, cwd=cwd, PATH=path, **environment)


@pytest.fixture(scope="module")
def clients(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not (TOOLS / "installed").exists():
        pytest.fail("make clients installs what makes them")
    folder = tmp_path_factory.mktemp("clients")
    run(sys.executable, "-m", "infra.tools.clients", folder)
    return folder


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    defaults = dict.fromkeys(UNLIMITED, "") | {"SIGN_IN_RATE_LIMIT": "100"}  # each scenario registers many
    with running_stack(tmp_path_factory.mktemp("stack"), **defaults) as stack:
        yield stack


@pytest.fixture
def typescript(clients: Path, tmp_path: Path) -> Path:
    """The scenario, compiled as somebody's program that has installed the client."""
    (tmp_path / "node_modules").mkdir()
    (tmp_path / "node_modules/api-client").symlink_to(clients / "typescript")
    (tmp_path / "package.json").write_text('{"type": "module"}')
    shutil.copy(HERE / "scenario.ts", tmp_path)
    modules = ("--module", "nodenext", "--target", "es2022", "--lib", "es2022,dom,dom.iterable")
    run("tsc", "--strict", *modules, "scenario.ts", cwd=tmp_path)
    return tmp_path / "scenario.js"


@pytest.fixture
def python(clients: Path, tmp_path: Path) -> Path:
    """A folder with the client, by the name that the scenario imports."""
    (tmp_path / "api_client").symlink_to(clients / f"python/{IDENTIFIER}_client")
    return tmp_path


def test_the_python_client_is_strictly_typed(python: Path) -> None:
    code = (python / "api_client", HERE / "scenario.py")
    run("mypy", "--strict", *code, cwd=python, MYPYPATH=str(python))


def test_a_scenario_by_the_python_client(python: Path, fresh: Stack) -> None:
    said = run("python", HERE / "scenario.py", fresh.origin, PYTHONPATH=str(python))
    assert said == "23 users in pages of 10\n"


def test_a_scenario_by_the_typescript_client(typescript: Path, fresh: Stack) -> None:
    assert run("node", typescript, fresh.origin) == "23 users in pages of 10\n"


def test_the_collection_runs_from_first_to_last(clients: Path, fresh: Stack) -> None:
    [collection] = (clients / "postman").iterdir()
    run("newman", "run", collection, "--env-var", f"baseUrl={fresh.origin}", "--color", "off")
