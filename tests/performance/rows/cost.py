"""What a million reads cost, from the times and turns of this run. performance.md shows the assumptions."""

from collections.abc import Iterator
from math import ceil

from tests.performance import contest
from tests.performance.ground import Contestant, Ground
from tests.performance.progress import step
from tests.performance.rows.functions import POWERTOOLS, STOCK, UNVALIDATED
from tests.performance.rows.http import CLIENTS, loads
from tests.performance.table import Figure

# US $ in us-east-1, first tier. Source: the services' pricing pages, November 2026.
GB_SECOND = {"arm64": 0.0000133334, "x86_64": 0.0000166667}
MILLION_REQUESTS = 0.20 + 1.00  # Lambda's, and the HTTP API's
TASK_HOUR = 0.04048 + 2 * 0.004445  # Fargate, x86_64: one vCPU with 2 GB
BALANCER_HOUR = 0.0225 + 0.008  # with one capacity unit
CORE = 1769 / 1024  # GB that come with a whole core, which is what this machine's times are of
TURN = 0.0005  # seconds to the database and back, in a VPC
COLD = 0.01  # of the calls
TASKS, USED = 2, 0.5  # at least; of what a task could serve
RATES = (1, 10, 100)  # reads a second


def cost(ground: Ground) -> Iterator[Figure]:
    step("cost")
    ours = ground.ours()
    for side in (ours, POWERTOOLS, UNVALIDATED, STOCK):
        seconds = billed_seconds(ground, side)
        arm64, x86_64 = (price * seconds * 1e6 for price in (GB_SECOND["arm64"], GB_SECOND["x86_64"]))
        detail = f"x86_64; time {x86_64:.2f} of it (arm64 {arm64:.2f})"
        yield _figure(side.name, MILLION_REQUESTS + x86_64, detail)
    _, container, _ = loads(ground)[CLIENTS[-1]]
    a_task = container.throughput * USED
    for rate in RATES:
        tasks = max(TASKS, ceil(rate / a_task))
        dollars = (tasks * TASK_HOUR + BALANCER_HOUR) / 3600 / rate * 1e6
        yield _figure(f"container, {rate} reads a second", dollars, f"x86_64; {tasks} tasks, a load balancer")


def billed_seconds(ground: Ground, side: Contestant) -> float:
    """Of a call with 1 GB, on the average: whole milliseconds, and its part of the cold starts."""
    ours = ground.ours()
    other = POWERTOOLS if side == ours else side
    cold, warm = (
        ratio.one if side == ours else ratio.other
        for ratio in (contest.cold(ground, ours, other), contest.warm(ground, ours, other))
    )
    first_turns, turns = contest.turns(ground, side)
    call = ceil((warm * CORE + turns * TURN) * 1000) / 1000
    return call + COLD * (cold * CORE + first_turns * TURN)


def _figure(name: str, dollars: float, detail: str) -> Figure:
    return Figure(f"a million reads, US $: {name}", dollars, None, detail, "cost", {name: dollars})
