"""`make run` for tests: one stack for all those of a process, or a copy of the project for one to break."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.local.conftest import Stack, copy_of_the_project, running_stack


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return copy_of_the_project(tmp_path)


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    project = copy_of_the_project(tmp_path_factory.mktemp("project"))
    with running_stack(tmp_path_factory.mktemp("stack") / "a folder, #1 of 100%", project) as running:
        yield running
