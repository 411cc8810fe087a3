"""Comparisons: two sides alternate in one run, so that other load affects both alike."""

import os
import re
import statistics
import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from tests.integration.wire import Recorder
from tests.performance.progress import step
from tests.performance.setup import Contestant, Ground, told

# Of cold starts; what takes less time is done more often.
PAIRS = max(2, int(os.environ.get("PAIRS") or 15))
CALLS = 50  # of a warm measurement, whose median counts


@dataclass(frozen=True)
class Ratio:
    """The median of the pairs' ratios with its quartiles, and each side's median in its own unit."""

    median: float
    low: float
    high: float
    one: float
    other: float

    def spread(self, unit: float, name: str) -> str:
        """`unit`: how many of it are one of the sides' own."""
        return (
            f"{self.low:.2f} to {self.high:.2f}; {self.one * unit:,.4g} and {self.other * unit:,.4g} {name}"
        )


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


def first_call(ground: Ground, contestant: Contestant, **options: Any) -> dict[str, Any]:
    """A fresh process's figures of the handler's import and its first answer."""
    with ground.start(contestant, **options) as process:
        figures = told(process)
        process.communicate()
    return figures


@cache
def cold(ground: Ground, one: Contestant, other: Contestant) -> Ratio:
    """Seconds from the handler's import to its first answer, in a fresh process."""
    step(f"cold: {one.name} and {other.name}")
    answers = {first_call(ground, side)["body"] for side in (one, other)}
    if len(answers) > 1:
        sys.exit(f"{one.name} and {other.name} do not do the same: {answers}")
    return ratio(lambda: first_call(ground, one)["cold"], lambda: first_call(ground, other)["cold"], PAIRS)


@cache
def warm(ground: Ground, one: Contestant, other: Contestant) -> Ratio:
    """Seconds of a call in a process that has served others."""
    step(f"warm: {one.name} and {other.name}")
    with ExitStack() as running:
        processes = [running.enter_context(ground.start(side)) for side in (one, other)]
        for process in processes:
            told(process)
            called(process, CALLS)
        measured = ratio(lambda: called(processes[0], CALLS), lambda: called(processes[1], CALLS), 3 * PAIRS)
        for process in processes:
            process.communicate()
    return measured


def called(process: Any, times: int) -> float:
    """The median of that many calls, in seconds."""
    process.stdin.write(f"{times}\n")
    process.stdin.flush()
    return float(told(process)["warm"])


@cache
def round_trips(ground: Ground, contestant: Contestant) -> tuple[int, int]:
    """Round trips of the first call, its connection's included, and of a later one."""
    recorder = Recorder(ground.cluster.port)
    with ground.start(contestant, port=recorder.port) as process:
        told(process)
        first = recorder.connections + recorder.round_trips  # TCP's own round trip for each connection
        called(process, 1)
        later = recorder.connections + recorder.round_trips - first
        process.communicate()
    recorder.close()
    return first, later


def instructions(ground: Ground, contestant: Contestant) -> float:
    """Instructions of a fresh process with one call, as callgrind counts them: what noise can't touch."""
    step(f"instructions: {contestant.name}")
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "callgrind"
        under = ("valgrind", "--tool=callgrind", f"--callgrind-out-file={report}", "--quiet")
        first_call(ground, contestant, under=under)
        found = re.search(r"^(?:summary|totals): (\d+)", report.read_text(), re.MULTILINE)
    assert found is not None, "callgrind left no report"
    return float(found[1])
