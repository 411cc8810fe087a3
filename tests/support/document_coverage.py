"""After a whole run, checks that every documented answer occurred in some process."""

from typing import Any

import pytest
from pytest import Config, ExitCode, Session

from tests.support.document import documented, seen

# What no test of a function brings about, by status and code, and why.
NEVER = {
    ("429", ""): "the gateway's own: where a function is not limited, the stage's throttle is",
}


def unseen() -> list[str]:
    """Returns a sorted line for each answer that did not occur."""
    missing = [each for each in documented() if each not in seen and each[1:] not in NEVER]
    return sorted(" ".join(filter(None, each)) for each in missing)


def is_whole(config: Config) -> bool:
    """Tells whether the run has all tests of `make test`."""
    options = config.option
    everywhere = config.args_source is Config.ArgsSource.TESTPATHS
    fast = options.markexpr == "" or "not slow" in options.markexpr
    last_failed = getattr(options, "lf", False)  # absent where the cache is switched off
    fewer = (options.keyword, options.ignore, options.deselect, last_failed, options.maxfail)
    return everywhere and fast and not any(fewer) and not options.collectonly


def pytest_sessionfinish(session: Session) -> None:
    output: dict[str, Any] | None = getattr(session.config, "workeroutput", None)
    if output is not None:
        output["seen"] = sorted(seen)
    elif session.exitstatus == ExitCode.OK and is_whole(session.config) and unseen():
        session.exitstatus = ExitCode.TESTS_FAILED


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: Any) -> None:
    seen.update(map(tuple, getattr(node, "workeroutput", {}).get("seen", [])))


def pytest_terminal_summary(terminalreporter: Any, config: Config) -> None:
    if is_whole(config) and (lines := unseen()):
        terminalreporter.section("documented, and answered in no test")
        for line in lines:
            terminalreporter.write_line(line)
