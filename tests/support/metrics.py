"""Reads metrics from printed lines as CloudWatch does (embedded metric format)."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from shared.runtime.product import NAME

from infra.tools.monitoring.alarms import ALARMS, CODE
from infra.tools.monitoring.declaration import Alarm


@dataclass(frozen=True)
class Counted:
    namespace: str
    metric: str
    dimensions: tuple[tuple[str, str], ...]


def counted(printed: str) -> Iterator[Counted]:
    for line in printed.splitlines():
        told: dict[str, Any] = json.loads(line) if '"_aws"' in line else {"_aws": {"CloudWatchMetrics": []}}
        for directive in told["_aws"]["CloudWatchMetrics"]:
            for names in directive["Dimensions"]:
                dimensions = tuple(sorted((name, told[name]) for name in names))
                for metric in directive["Metrics"]:
                    assert set(_values(told[metric["Name"]])) == {1}
                    yield Counted(directive["Namespace"], metric["Name"], dimensions)


def _values(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def looked_at(watched: Alarm, stage: str) -> Counted:
    """Returns the metric of this alarm."""
    given = {"${Product}": NAME, "${Stage}": stage}
    dimensions = tuple(sorted((name, given[value]) for name, value in watched.source.dimensions))
    return Counted(watched.source.namespace, watched.metric, dimensions)


def alarms_rung(printed: str, stage: str) -> list[str]:
    """Returns the alarms over our code's metrics to which these printed lines contribute."""
    found = list(counted(printed))
    return [each.name for each in ALARMS if each.source is CODE and looked_at(each, stage) in found]
