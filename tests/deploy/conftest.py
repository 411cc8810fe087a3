"""A test says how long its step took: a deployment's life is read from it."""

import time
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def step(request: pytest.FixtureRequest) -> Iterator[None]:
    started = time.monotonic()
    yield
    if request.node.get_closest_marker("slow"):
        reporter = request.config.pluginmanager.get_plugin("terminalreporter")
        name = request.node.name.removeprefix("test_").replace("_", " ")
        reporter.write_line(f"  {time.monotonic() - started:5.1f} s  {name}")
