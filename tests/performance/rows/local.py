"""The local stack, from outside: an edit, a burst of calls, and reads compared with a container's."""

import re
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

from tests.local.conftest import Stack, copy_of_the_project, running_stack
from tests.performance.progress import step
from tests.performance.setup import Ground
from tests.performance.table import Figure

EDITS, BURST, PATIENCE = 5, 32, 30  # times; calls; seconds
THOUGHT = 1  # seconds between two edits
VERSION = re.compile(r'(__version__ =|"version":) [^,\n]+')
# Both say the version that GET /api/v1/health answers, once it has asked the database. Targets in seconds.
EDITED = dict.fromkeys(("shared/__init__.py", "functions/meta/readiness.py"), 0.7)


def local(ground: Ground) -> Iterator[Figure]:
    step("make run, to be edited")
    project = copy_of_the_project(ground.scratch)
    with running_stack(ground.scratch / "edited", project) as stack:
        for name, target in EDITED.items():
            took = [_edit_to_served(stack, project / name, f"{name} {number}") for number in range(EDITS)]
            spread = f"{min(took):.2f} to {max(took):.2f} s, {EDITS} edits of {name}"
            code = name.partition("/")[0]
            yield Figure(f"local: edit of {code}/ to served, s", statistics.median(took), target, spread)
        statuses, seconds = _burst(stack)
        refused = [str(status) for status in statuses if status != 200]
        detail = " ".join(refused) or f"the last after {seconds:.1f} s"
        yield Figure(f"local: {BURST} calls at once, not served", len(refused), 0, detail)


def _edit_to_served(stack: Stack, file: Path, version: str) -> float:
    """Seconds from the save to the first answer of the new code."""
    time.sleep(THOUGHT)
    started = time.perf_counter()
    file.write_text(VERSION.sub(rf'\1 "{version}"', file.read_text()))
    _until(lambda: stack.call("GET", "/api/v1/health", token=None).json().get("version") == version)
    return time.perf_counter() - started


def _until(served: Callable[[], bool]) -> None:
    give_up = time.monotonic() + PATIENCE
    while not served():
        if time.monotonic() > give_up:
            sys.exit(f"local: an edit was not served in {PATIENCE} s")
        time.sleep(0.01)


def _burst(stack: Stack) -> tuple[list[int], float]:
    """The statuses of calls that begin at once, of a function not yet loaded, and the seconds they took."""
    token, begin = stack.signer.token(), Barrier(BURST + 1)

    def call() -> int:
        begin.wait()
        return stack.call("GET", "/api/v1/items", token=token).status

    with ThreadPoolExecutor(BURST) as callers:
        calls = [callers.submit(call) for _ in range(BURST)]
        begin.wait()
        started = time.perf_counter()
        statuses = [each.result() for each in calls]
    return statuses, time.perf_counter() - started
