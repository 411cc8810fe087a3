"""The Python client and the Postman collection, used against a stack with its default limits."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clients.project import HERE, run
from tests.local.conftest import Stack, running_stack
from tests.support.client import UNLIMITED

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    defaults = dict.fromkeys(UNLIMITED, "")
    with running_stack(tmp_path_factory.mktemp("stack"), **defaults) as stack:
        yield stack


def test_the_python_client_is_strictly_typed(clients: Path) -> None:
    path = f"{clients / 'python'}:{HERE / 'python'}"
    code = (clients / "python/routewise_client", HERE / "python/scenario.py", HERE / "python/guide.py")
    run("mypy", "--strict", *code, cwd=clients, MYPYPATH=path)


def test_a_scenario_by_the_python_client(clients: Path, fresh: Stack) -> None:
    said = run("python", HERE / "python/scenario.py", fresh.origin, PYTHONPATH=str(clients / "python"))
    assert said == "unauthorized 401 2\nmade 24\n"


def test_the_collection_runs_from_first_to_last(clients: Path, fresh: Stack) -> None:
    [collection] = (clients / "postman").iterdir()
    run("newman", "run", collection, "--env-var", f"baseUrl={fresh.origin}", "--color", "off")
