"""Distributes tests over processes (pytest-xdist)."""

from typing import Any

import pytest

# What takes longest begins first, so that no process is left alone with it at the end.
FIRST = ("tests/deploy/", "tests/docs/", "tests/integration/test_without_pipelining", "artifact")
FIRST += ("tests/local/", "tests/clients/", "tests/integration/", "tests/operations/")

# Theirs is not the stack that the others of their folder call, which is started once and warm after a while.
OWN_STACK = {f"tests/local/test_{name}.py" for name in ("breakpoints", "reload", "schema")}


def group_of(test: str, *, one_stack: bool = True) -> str:
    """Returns a test's group, which runs in one process: its module, `artifact`, or with `one_stack`
    tests/local/.
    """
    module = test.partition("::")[0]
    if module == "tests/infra/test_artifact.py" or "[artifact" in test:
        return "artifact"
    calls = one_stack and module.startswith("tests/local/") and module not in OWN_STACK
    return "tests/local/" if calls else module


def turn_of(test: str) -> int:
    group = group_of(test)
    return next((turn for turn, start in enumerate(FIRST) if group.startswith(start)), len(FIRST))


def make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Keeps groups in the order of their tests. (xdist's mark `xdist_group` does nothing in pytest 9.2.)"""
    from xdist.scheduler import LoadScopeScheduling

    # Slow ones take longer in one process than what another stack costs.
    one_stack = "not slow" in config.option.markexpr

    class ByGroup(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return group_of(nodeid, one_stack=one_stack)

    config.option.loadscopereorder = False
    return ByGroup(config, log)
