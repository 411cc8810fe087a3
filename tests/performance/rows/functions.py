"""One function compared with its peers: cold, in instructions, in modules, warm."""

import shutil
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from tests.performance import comparison
from tests.performance.events import HEALTH
from tests.performance.setup import Contestant, Ground, peer
from tests.performance.table import Figure

STOCK = peer("stock assembly", "stock")
PSYCOPG = peer("stock assembly with psycopg", "stock", DRIVER="psycopg")
POWERTOOLS = peer("Powertools with validation, raw pg8000, caller read each time", "powertools")
KEEPING = peer("Powertools with validation, raw pg8000, caller kept 30 s", "powertools", KEEP_CALLER="1")
UNVALIDATED = peer("Powertools without validation, raw pg8000", "powertools", VALIDATION="0")


def cold(ground: Ground) -> Iterator[Figure]:
    for other, target in (
        (STOCK, 0.45),
        (PSYCOPG, None),
        (ground.monolith(), None),
        (POWERTOOLS, 2.0),
        (KEEPING, None),
        (UNVALIDATED, None),
    ):
        measured = comparison.cold(ground, ground.ours(), other)
        yield _of_ratio("cold", f"cold / {other.name}", measured, other, target, 1e3, "ms")


def warm(ground: Ground) -> Iterator[Figure]:
    health, powertools = ground.ours("health", HEALTH), peer(POWERTOOLS.name, "powertools", HEALTH)
    measured = comparison.warm(ground, health, powertools)
    name = "warm framework overhead / Powertools with validation"
    yield Figure(name, measured.median, 1.0, measured.spread(1e6, "µs"))
    for other, target in ((POWERTOOLS, 1.2), (KEEPING, None), (UNVALIDATED, None), (STOCK, None)):
        measured = comparison.warm(ground, ground.ours(), other)
        yield _of_ratio("warm", f"warm read by key / {other.name}", measured, other, target, 1e6, "µs")


def _of_ratio(
    plot: str,
    name: str,
    measured: comparison.Ratio,
    other: Contestant,
    target: float | None,
    unit: float,
    unit_name: str,
) -> Figure:
    bars = {"this API": measured.one * unit, other.name: measured.other * unit}
    return Figure(name, measured.median, target, measured.spread(unit, unit_name), plot, bars)


def instructions(ground: Ground) -> Iterator[Figure]:
    if not shutil.which("valgrind"):
        sys.exit("instructions: install the package valgrind, or choose other ROWS")
    count = partial(comparison.instructions, ground)
    with ThreadPoolExecutor(2) as both:  # which does not change them
        ours, stock, powertools = both.map(count, (ground.ours(), STOCK, POWERTOOLS))
    for other, theirs, target in ((STOCK, stock, 0.45), (POWERTOOLS, powertools, None)):
        bars = {"this API": ours / 1e6, other.name: theirs / 1e6}
        detail = f"{ours / 1e6:,.0f} and {theirs / 1e6:,.0f} million"
        name = f"instructions of a cold start / {other.name}"
        yield Figure(name, ours / theirs, target, detail, "instructions", bars)


def modules(ground: Ground) -> Iterator[Figure]:
    for name, contestant, target in (
        ("modules of a cold database route", ground.ours(), 600),
        ("modules of /health", ground.ours("health", HEALTH), 430),
    ):
        yield Figure(name, comparison.first_call(ground, contestant)["modules"], target)
