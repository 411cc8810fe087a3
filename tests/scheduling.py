"""What runs beside what, where tests run in several processes (pytest-xdist)."""

from typing import Any

import pytest

# What takes longest begins first, so that no process is left alone with it at the end.
FIRST = ("tests/deploy/", "artifact", "tests/local/", "tests/integration/", "tests/operations/")


def group_of(test: str) -> str:
    """A module's tests run in one process, one after the other, and so do all of what was built."""
    module = test.partition("::")[0]
    return "artifact" if module == "tests/infra/test_artifact.py" or "[artifact" in test else module


def turn_of(test: str) -> int:
    group = group_of(test)
    return next((turn for turn, start in enumerate(FIRST) if group.startswith(start)), len(FIRST))


def make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Groups in the order of their tests. (Marks of xdist's own, `xdist_group`, do nothing in pytest 9.2.)"""
    from xdist.scheduler import LoadScopeScheduling

    class ByGroup(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return group_of(nodeid)

    config.option.loadscopereorder = False
    return ByGroup(config, log)
