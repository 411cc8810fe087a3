"""The Python client and the Postman collection, used against a stack with its default limits."""

import shutil
from collections.abc import Iterator
from pathlib import Path

from shared.runtime.product import IDENTIFIER

import pytest

from tests.clients.project import HERE, run
from tests.local.conftest import Stack, running_stack
from tests.support.client import UNLIMITED

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    defaults = dict.fromkeys(UNLIMITED, "") | {"SIGN_IN_RATE_LIMIT": "100"}  # each scenario registers many
    with running_stack(tmp_path_factory.mktemp("stack"), **defaults) as stack:
        yield stack


@pytest.fixture
def python(clients: Path, tmp_path: Path) -> Path:
    """A folder with the scenario, and the client by the name that it imports."""
    shutil.copytree(HERE / "python", tmp_path, dirs_exist_ok=True)
    (tmp_path / "api_client").symlink_to(clients / f"python/{IDENTIFIER}_client")
    return tmp_path


def test_the_python_client_is_strictly_typed(python: Path) -> None:
    run("mypy", "--strict", "api_client", "scenario.py", "guide.py", cwd=python)


def test_a_scenario_by_the_python_client(python: Path, fresh: Stack) -> None:
    said = run("python", "scenario.py", fresh.origin, cwd=python)
    assert said == "unauthorized 401 2\nvalidation_error 422 ['body', 'username']\n"


@pytest.mark.sweep
def test_the_collection_runs_from_first_to_last(clients: Path, fresh: Stack) -> None:
    [collection] = (clients / "postman").iterdir()
    run("newman", "run", collection, "--env-var", f"baseUrl={fresh.origin}", "--color", "off")
