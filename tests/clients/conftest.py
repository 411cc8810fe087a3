import sys
from pathlib import Path

import pytest

from tests.clients.project import TOOLS, run


@pytest.fixture(scope="session")
def clients(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not (TOOLS / "installed").exists():
        pytest.fail("make clients installs what makes them")
    folder = tmp_path_factory.mktemp("clients")
    run(sys.executable, "-m", "infra.tools.clients", folder)
    return folder
