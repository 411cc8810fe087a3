"""The rows of the table: what is measured, beside the target for it."""

from collections.abc import Iterator
from functools import partial

from tests.performance import contest
from tests.performance.ground import Contestant, Ground, peer
from tests.performance.table import Figure, of_ratio

COLD_PAIRS, WARM_PAIRS = 15, 41


def cold(ground: Ground) -> Iterator[Figure]:
    def against(other: Contestant) -> contest.Ratio:
        measure = partial(contest.cold, ground)
        return contest.ratio(lambda: measure(ground.ours()), lambda: measure(other), COLD_PAIRS)

    yield of_ratio("cold / stock assembly", against(peer("stock")), 0.45)
    yield of_ratio("cold / stock assembly with psycopg", against(peer("stock", DRIVER="psycopg")))
    yield of_ratio("cold / monolith of all our routes", against(ground.monolith()))
    yield of_ratio("cold / Powertools with validation, raw pg8000", against(peer("powertools")), 2.0)
    yield of_ratio(
        "cold / Powertools without validation, raw pg8000", against(peer("powertools", VALIDATION="0"))
    )


def instructions(ground: Ground) -> Iterator[Figure]:
    ours = contest.instructions(ground, ground.ours())
    for name, other, target in (
        ("stock assembly", peer("stock"), 0.45),
        ("Powertools with validation", peer("powertools"), None),
    ):
        theirs = contest.instructions(ground, other)
        detail = f"{ours / 1e6:,.0f} and {theirs / 1e6:,.0f} million"
        yield Figure(f"instructions of a cold start / {name}", ours / theirs, target, detail)


def modules(ground: Ground) -> Iterator[Figure]:
    yield Figure("modules of a cold database route", contest.modules(ground, ground.ours()), 600)
    yield Figure("modules of /health", contest.modules(ground, ground.ours("health", "health")), 430)


def warm(ground: Ground) -> Iterator[Figure]:
    def against(ours: Contestant, other: Contestant) -> contest.Ratio:
        return contest.warm(ground, ours, other, WARM_PAIRS)

    of = partial(of_ratio, unit=1e6, form="µs")
    health = against(ground.ours("health", "health"), peer("powertools", "health"))
    yield of("warm framework overhead / Powertools with validation", health, 1.0)
    yield of("warm read by key / Powertools with validation", against(ground.ours(), peer("powertools")), 1.2)
    bare = peer("powertools", VALIDATION="0")
    yield of("warm read by key / Powertools without validation", against(ground.ours(), bare))
    yield of("warm read by key / stock assembly", against(ground.ours(), peer("stock")))


ROWS = {"cold": cold, "instructions": instructions, "modules": modules, "warm": warm}
