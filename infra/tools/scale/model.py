"""What each part must carry at a rate of calls, by Little's law: what is there at once is rate times time.

Times are measured (assumptions.toml). Calls come at random moments, so that what is there at once spreads as
its square root: a bound must be three of these above the average.
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
    """`needs`: what a rate of calls asks of it. `remedy`: what to do where that is over the limit."""

    name: str
    unit: str
    needs: Callable[[float], float]
    limit: float
    remedy: str
    price: str = "nothing by itself"  # of the remedy

    def use(self, rate: float) -> float:
        """The share of the limit."""
        return self.needs(rate) / self.limit

    @cached_property
    def breaks_at(self) -> float:
        """Calls a second up to which it holds."""
        low, high = 0.0, 1e9
        for _ in range(100):
            middle = (low + high) / 2
            low, high = (middle, high) if self.use(middle) <= 1 else (low, middle)
        return low


def at_once(rate: float, seconds: float) -> float:
    """How many are there at once, but for one moment in a thousand."""
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
        """What assumptions.toml says of the operation; nothing where it says nothing."""
        return self.values.under(kind).get(operation, 0)

    def average(self, measured: str) -> float:
        """Over the mix of calls, of `function`, `database` or `hold`, in seconds."""
        return sum(share * self.values[f"{name}.{measured}"] for name, share in self.mix.items())

    def held(self, operation: str) -> float:
        """Seconds that a call has a connection of the pool: the turns within a transaction count too."""
        commits = self.of("commits", operation)
        between = self.of("turns", operation) - max(1, commits)
        network, commit = self.values["network.turn"], self.values["aurora.commit"]
        return self.values[f"{operation}.hold"] + between * network + commits * commit

    def duration(self, operation: str) -> float:
        """Seconds of a warm call: its processor time at the function's share of one, and its waiting."""
        values = self.values
        working = values[f"{operation}.function"] * self.slower
        waiting = values[f"{operation}.hold"] + self.of("turns", operation) * values["network.turn"]
        waiting += self.of("commits", operation) * values["aurora.commit"]
        return working + waiting + self.of("signatures", operation) * values["kms.sign"]

    @property
    def slower(self) -> float:
        """A function's processor time beside a whole processor's."""
        return self.values["function.whole_processor"] / self.deployed.memory

    @property
    def cold(self) -> float:
        """Seconds that starts add to the average call."""
        return self.values["cold.share"] * self.values["cold.function"] * self.slower

    @property
    def mean_duration(self) -> float:
        """Of a call of the mix, its part of the starts included."""
        return sum(share * self.duration(name) for name, share in self.mix.items()) + self.cold

    def per_call(self, kind: str) -> float:
        """Turns, commits or signatures of the average call."""
        return sum(share * self.of(kind, name) for name, share in self.mix.items())

    def connections(self, rate: float) -> float:
        return at_once(rate, sum(share * self.held(name) for name, share in self.mix.items()))

    def capacity(self, rate: float) -> float:
        """Capacity units of the database."""
        processors = rate * self.average("database") / self.values["aurora.used"]
        return processors * self.values["aurora.acu_of_a_processor"]

    def writes_capacity(self, rate: float) -> float:
        """Of these, what only a writer can give: whatever commits."""
        writing = {name: share for name, share in self.mix.items() if self.of("commits", name)}
        processors = rate * sum(share * self.values[f"{name}.database"] for name, share in writing.items())
        return processors / self.values["aurora.used"] * self.values["aurora.acu_of_a_processor"]

    def from_nothing(self, rate: float) -> float:
        """Executions of the busiest function where that rate comes all at once: each begins with a start."""
        start = self.values["cold.function"] * self.slower
        return max(at_once(rate * share, start + self.duration(name)) for name, share in self.mix.items())

    def max_connections(self, capacity: float) -> float:
        """Of a database whose MaxCapacity that is."""
        steps = {int(size): count for size, count in self.values.under("connections").items()}
        return max(count for size, count in steps.items() if size <= capacity)
