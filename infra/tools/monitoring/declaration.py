"""The form of a declaration."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Source:
    """The emitter of metrics and its documentation. In dimensions `${Name}` is the template's parameter."""

    namespace: str
    dimensions: tuple[tuple[str, str], ...]
    who: str  # in the documentation's table, with a link for AWS


@dataclass(frozen=True)
class Alarm:
    """One metric of one resource. The alarm fires after `times` periods in a row beyond the threshold."""

    name: str
    source: Source
    metric: str
    statistic: str  # Sum, Average, Maximum, Minimum, or a percentile such as p99
    threshold: float
    means: str
    first: str  # the first step to take
    times: int = 1
    period: int = field(default=300, kw_only=True)  # seconds
    below: bool = field(default=False, kw_only=True)  # fires below the threshold
    percent_of: str = field(default="", kw_only=True)  # the threshold is a percentage of this metric
    condition: str = field(default="", kw_only=True)  # of the template, for an optional resource

    @property
    def title(self) -> str:
        share = f" in % of {self.percent_of}" if self.percent_of else ""
        return f"{self.name}: {self.metric}, {self.statistic}{share}"

    @property
    def comparison(self) -> str:
        return "LessThanThreshold" if self.below else "GreaterThanOrEqualToThreshold"
