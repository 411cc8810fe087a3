"""Computes the load on each part at a rate of calls, by Little's law: concurrency is rate times time.

Times are measured (assumptions.toml). Calls arrive at random, so concurrency has a standard deviation of its
square root. A limit must lie three of these above the average.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from math import sqrt

from infra.tools.scale.stages import Deployed
from infra.tools.scale.values import Values

RATES = (100, 1_000, 10_000, 100_000)  # calls a second


@dataclass(frozen=True)
class Part:
    """`needs`: the load at a rate of calls. `remedy`: the step to take if the load exceeds the limit."""

    name: str
    needs: Callable[[float], float]
    limit: float
    unit: str
    remedy: str
    price: str = "nothing by itself"  # of the remedy

    def use(self, rate: float) -> float:
        """Returns the used share of the limit."""
        return self.needs(rate) / self.limit

    @cached_property
    def breaks_at(self) -> float:
        """The highest rate, in calls a second, within the limit."""
        low, high = 0.0, 1e9
        for _ in range(100):
            middle = (low + high) / 2
            low, high = (middle, high) if self.use(middle) <= 1 else (low, middle)
        return low


def at_once(rate: float, seconds: float) -> float:
    """Returns the concurrency that is exceeded in one moment of a thousand."""
    average = rate * seconds
    return average + 3 * sqrt(average)


@dataclass(frozen=True)
class Model:
    values: Values
    deployed: Deployed

    @cached_property
    def mix(self) -> dict[str, float]:
        return self.values.under("mix")

    def of(self, kind: str, operation: str) -> float:
        """Returns the operation's value from assumptions.toml; 0 without one."""
        return self.values.under(kind).get(operation, 0)

    def average(self, measured: str) -> float:
        """Returns the mean of `function`, `database` or `hold` over the mix, in seconds."""
        return sum(share * self.values[f"{name}.{measured}"] for name, share in self.mix.items())

    def held(self, operation: str) -> float:
        """Returns the seconds a call holds a pooled connection, round trips within a transaction included."""
        commits = self.of("commits", operation)
        between = self.of("round_trips", operation) - max(1, commits)
        network, commit = self.values["network.round_trip"], self.values["aurora.commit"]
        return self.values[f"{operation}.hold"] + between * network + commits * commit

    def duration(self, operation: str) -> float:
        """Returns the seconds of a warm call: processor time at the function's share, and waiting."""
        values = self.values
        working = values[f"{operation}.function"] * self.slower
        waiting = (
            values[f"{operation}.hold"] + self.of("round_trips", operation) * values["network.round_trip"]
        )
        waiting += self.of("commits", operation) * values["aurora.commit"]
        return working + waiting + self.of("signatures", operation) * values["kms.sign"]

    @property
    def slower(self) -> float:
        """The ratio of a function's processor time to a whole processor's."""
        return self.values["function.whole_processor"] / self.deployed.memory

    @property
    def cold(self) -> float:
        """Seconds that cold starts add to the average call."""
        return self.values["cold.share"] * self.values["cold.function"] * self.slower

    @property
    def mean_duration(self) -> float:
        """The mean seconds of a call of the mix, cold starts included."""
        return sum(share * self.duration(name) for name, share in self.mix.items()) + self.cold

    def per_call(self, kind: str) -> float:
        """Returns the mean number of round trips, commits or signatures of a call."""
        return sum(share * self.of(kind, name) for name, share in self.mix.items())

    def connections(self, rate: float) -> float:
        return at_once(rate, sum(share * self.held(name) for name, share in self.mix.items()))

    def capacity(self, rate: float) -> float:
        """Returns the database's capacity units."""
        processors = rate * self.average("database") / self.values["aurora.used"]
        return processors * self.values["aurora.acu_of_a_processor"]

    def writes_capacity(self, rate: float) -> float:
        """Returns the capacity units for commits, which only a writer can serve."""
        writing = {name: share for name, share in self.mix.items() if self.of("commits", name)}
        processors = rate * sum(share * self.values[f"{name}.database"] for name, share in writing.items())
        return processors / self.values["aurora.used"] * self.values["aurora.acu_of_a_processor"]

    def from_nothing(self, rate: float) -> float:
        """Returns the busiest function's executions if the rate comes all at once: each begins with a cold
        start.
        """
        start = self.values["cold.function"] * self.slower
        return max(at_once(rate * share, start + self.duration(name)) for name, share in self.mix.items())

    def max_connections(self, capacity: float) -> float:
        """Returns the connections of a database with this MaxCapacity."""
        steps = {int(size): count for size, count in self.values.under("connections").items()}
        return max(count for size, count in steps.items() if size <= capacity)
