from collections.abc import Iterator

import pytest

from tests.emulator.sample_project import Sample


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sample]:
    """One for the tests of a module: workers stay warm."""
    running = Sample(tmp_path_factory.mktemp("sample"))
    yield running
    running.stop()
