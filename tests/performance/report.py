"""docs/performance.md and its plots, as a run has measured them."""

import os
import platform
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from infra.tools.scale.values import PRICES, load
from tests.performance.plots import bars
from tests.performance.prices import balancer_hour, task_hour
from tests.performance.table import Figure

PLOTS = {
    "cold": "Cold start, ms",
    "instructions": "Instructions of a cold start, million",
    "warm": "Warm read by key, µs",
    "round_trips": "Round trips to the database",
    "http": "A read over HTTP, ms (median)",
    "cost": "A million reads, US $",
}
TEXT = Path(__file__).with_name("performance.md")


def write(docs: Path, figures: Iterable[Figure]) -> None:
    figures = list(figures)
    plotted = {name: _bars(figures, name) for name in PLOTS}
    shown = [name for name, values in plotted.items() if values]
    for name in shown:
        (docs / f"{name}.svg").write_text(bars(PLOTS[name], plotted[name]))
    lines = [
        "| figure | target | measured | spread of the pairs, and what else | |",
        "| --- | --- | --- | --- | --- |",
    ]
    lines += [f"| {' | '.join(figure.cells)} |" for figure in figures]
    machine = f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"
    values = prices() | {
        "machine": machine,
        "table": "\n".join(lines),
        "plots": "\n\n".join(f"![{PLOTS[name]}]({name}.svg)" for name in shown),
    }
    (docs / "performance.md").write_text(TEXT.read_text().format(**values))


def prices() -> dict[str, Any]:
    """Those that the text names."""
    of = load(PRICES)
    return {
        "calls": of["lambda.million_requests"],
        "gateway": of.price("gateway.million_requests", 1),
        "x86_64": of["lambda.gb_second.x86_64"],
        "arm64": of["lambda.gb_second.arm64"],
        "task": task_hour(of),
        "balancer": balancer_hour(of),
    }


def _bars(figures: list[Figure], plot: str) -> dict[str, float]:
    found: dict[str, float] = {}
    for figure in figures:
        if figure.plot == plot:
            for name, value in figure.bars.items():
                found.setdefault(name, value)  # ours, in every comparison, as the first had it
    return found
