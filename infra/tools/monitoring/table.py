"""Writes the table of docs/monitoring.md from the declarations."""

from collections.abc import Iterable
from itertools import groupby

from infra.tools.monitoring.declaration import Alarm

HEAD = (
    "| alarm | metric, and its source | meaning | first step |",
    "| --- | --- | --- | --- |",
)


def table(declarations: Iterable[Alarm]) -> str:
    """Writes one row for each meaning: several functions' alarms may share one."""
    ordered = sorted(declarations, key=lambda each: (each.source.who, each.means))
    rows = [_row(list(same)) for _, same in groupby(ordered, key=lambda each: each.means)]
    return "\n".join([*HEAD, *rows])


def _row(same: list[Alarm]) -> str:
    names = ", ".join(f"`{each.name}`" for each in same)
    [first, *_] = same
    share = f" in % of `{first.percent_of}`" if first.percent_of else ""
    bound = f"{'under' if first.below else 'from'} {first.threshold:,}"
    often = f", {first.times} times in a row" if first.times > 1 else ""
    statistic = f"{first.statistic} of {first.period // 60} min {bound}{often}"
    metric = f"`{first.metric}`{share}, {statistic}; {first.source.who}"
    return f"| {names} | {metric} | {first.means} | {first.first.replace('${Product}', 'acme')} |"
