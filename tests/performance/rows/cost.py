"""The cost of a million reads, from this run's times and round trips. performance.md has the assumptions."""

from collections.abc import Iterator
from math import ceil

from infra.tools.scale import cost as bill
from infra.tools.scale.values import ASSUMPTIONS, load
from infra.tools.scale.values import PRICES as PRICE_LIST
from tests.performance import comparison, prices
from tests.performance.progress import step
from tests.performance.rows.functions import POWERTOOLS, STOCK, UNVALIDATED
from tests.performance.rows.http import CLIENTS, loads
from tests.performance.setup import Contestant, Ground
from tests.performance.table import Figure

VALUES, PRICES = load(ASSUMPTIONS), load(PRICE_LIST)
CORE = VALUES["function.whole_processor"] / 1024  # this machine's times are a whole core's; a call has 1 GB
ROUND_TRIP, COLD = VALUES["network.round_trip"], VALUES["cold.share"]
TASKS, USED = 2, 0.5  # at least; of what a task could serve
RATES = (1, 10, 100)  # reads a second


def cost(ground: Ground) -> Iterator[Figure]:
    step("cost")
    ours = ground.ours()
    for side in (ours, POWERTOOLS, UNVALIDATED, STOCK):
        seconds = billed_seconds(ground, side)
        arm64, x86_64 = (bill.million_times(PRICES, each, seconds) for each in ("arm64", "x86_64"))
        detail = f"x86_64; time {x86_64:.2f} of it (arm64 {arm64:.2f})"
        yield _figure(side.name, prices.million_requests(PRICES) + x86_64, detail)
    _, container, _ = loads(ground)[CLIENTS[-1]]
    a_task = container.throughput * USED
    for rate in RATES:
        tasks = max(TASKS, ceil(rate / a_task))
        dollars = (tasks * prices.task_hour(PRICES) + prices.balancer_hour(PRICES)) / 3600 / rate * 1e6
        yield _figure(f"container, {rate} reads a second", dollars, f"x86_64; {tasks} tasks, a load balancer")


def billed_seconds(ground: Ground, side: Contestant) -> float:
    """Of a call with 1 GB, on the average: whole milliseconds, and its part of the cold starts."""
    ours = ground.ours()
    other = POWERTOOLS if side == ours else side
    cold, warm = (
        ratio.one if side == ours else ratio.other
        for ratio in (comparison.cold(ground, ours, other), comparison.warm(ground, ours, other))
    )
    first_trips, trips = comparison.round_trips(ground, side)
    call = ceil((warm * CORE + trips * ROUND_TRIP) * 1000) / 1000
    return call + COLD * (cold * CORE + first_trips * ROUND_TRIP)


def _figure(name: str, dollars: float, detail: str) -> Figure:
    return Figure(f"a million reads, US $: {name}", dollars, None, detail, "cost", {name: dollars})
