"""Contests: two sides in turns in one run, so that what else the machine does meets both alike."""

import re
import statistics
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from tests.performance.ground import Contestant, Ground, told

CALLS = 50  # of a warm measurement, whose median counts


@dataclass(frozen=True)
class Ratio:
    """The median of the pairs' ratios with its quartiles, and each side's median in its own unit."""

    median: float
    low: float
    high: float
    one: float
    other: float


def ratio(one: Callable[[], float], other: Callable[[], float], pairs: int) -> Ratio:
    """`one` / `other`; the side that goes first alternates."""
    measured = []
    for number in range(pairs):
        if number % 2:
            ours = one()
            theirs = other()
        else:
            theirs = other()
            ours = one()
        measured.append((ours, theirs))
    low, median, high = statistics.quantiles([ours / theirs for ours, theirs in measured], n=4)
    ours, theirs = (statistics.median(side) for side in zip(*measured, strict=True))
    return Ratio(median, low, high, ours, theirs)


def cold(ground: Ground, contestant: Contestant) -> float:
    """Seconds from the handler's import to its first answer, in a fresh process."""
    with ground.start(contestant) as process:
        figures = told(process)
        process.communicate()
    return float(figures["cold"])


def modules(ground: Ground, contestant: Contestant) -> int:
    """How many modules are loaded after the first answer."""
    with ground.start(contestant) as process:
        figures = told(process)
        process.communicate()
    return int(figures["modules"])


def warm(ground: Ground, one: Contestant, other: Contestant, pairs: int) -> Ratio:
    """Seconds of a call in a process that has served others."""
    with ExitStack() as running:
        processes = [running.enter_context(ground.start(side)) for side in (one, other)]
        for process in processes:
            told(process)

        def calls(side: int) -> float:
            assert processes[side].stdin is not None
            processes[side].stdin.write(f"{CALLS}\n")
            processes[side].stdin.flush()
            return float(told(processes[side])["warm"])

        for side in (0, 1):
            calls(side)
        measured = ratio(lambda: calls(0), lambda: calls(1), pairs)
        for process in processes:
            process.communicate()
    return measured


def instructions(ground: Ground, contestant: Contestant) -> float:
    """Instructions of a fresh process with one call, as callgrind counts them: what noise can't touch."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "callgrind"
        under = ("valgrind", "--tool=callgrind", f"--callgrind-out-file={report}", "--quiet")
        with ground.start(contestant, under=under) as process:
            process.communicate()
        found = re.search(r"^(?:summary|totals): (\d+)", report.read_text(), re.MULTILINE)
    assert found is not None, "callgrind left no report"
    return float(found[1])
