"""Simulates a day of guessing at one account that has never signed in, on a virtual clock.

Prints the table of docs/security.md: .venv/bin/python -m tests.accounts.lockout
"""

import heapq
import os
import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from types import SimpleNamespace
from typing import Any, ClassVar
from unittest.mock import patch

from shared.http.errors import RateLimited
from shared.redis import sliding_windows
from shared.redis.sliding_windows import MemoryWindows
from shared.runtime.product import NAME

from accounts import sign_in_limits
from accounts.sign_in_limits import Attempt, by_address

HOUR = 3600.0
OWNERS = 100
EVENT = {"routeKey": "POST /api/v1/auth/login", "headers": {}}


@dataclass
class Clock:
    now: float = 0.0

    def monotonic(self) -> float:
        return self.now


@dataclass
class Result:
    attackers: int
    guesses: int = 0  # in the first 24 h
    waits: list[float] = field(default_factory=list)  # of each owner, in seconds

    @property
    def at_first_try(self) -> int:
        return self.waits.count(0.0)


@contextmanager
def simulated(clock: Clock) -> Iterator[None]:
    """The code of the routes over windows in memory, whose time is `clock`."""
    windows = cache(MemoryWindows)
    with (
        patch.object(sliding_windows, "time", clock),
        patch.object(sliding_windows, "MAX_CALLS", 10**9),
        patch.object(sign_in_limits, "redis_windows", windows),
        patch.object(sign_in_limits, "engine", lambda: None),
    ):
        yield


def attempt(address: str, is_email: bool) -> Attempt:
    """A sign-in that is admitted. Errors: RateLimited."""
    event = EVENT | {"requestContext": {"http": {"sourceIp": address}}}
    verdict = by_address(event)
    if verdict and not verdict.is_admitted:
        raise RateLimited(verdict.reset)
    made = Attempt(SimpleNamespace(scope={"aws.event": event}))
    user = SimpleNamespace(id=1, is_known=False, has_addresses=False, is_email=is_email)
    made.count_sign_in(_DATABASE, "alice", user)
    return made


class _Nothing:
    info: ClassVar[dict[str, Any]] = {}

    def execute(self, *_: Any, **__: Any) -> None: ...
    def commit(self) -> None: ...


_DATABASE: Any = _Nothing()


def simulate(attackers: int, hours: float = 25.0) -> Result:
    """Attackers call as often as their addresses may; owners come at random times, each from a new address.

    Half of the owners come in the last hour. An owner who is refused comes back after `Retry-After`. Many
    attackers call every 20 s only, which is enough to take each try as soon as there is one.
    """
    pause = 6.0 if attackers <= 10 else 20.0
    clock, result, chance = Clock(), Result(attackers), random.Random(1)
    end = hours * HOUR
    calls = [(chance.uniform(60, 60 + pause), f"attacker {number}", 0.0) for number in range(1, attackers)]
    calls.append((0.0, "attacker 0", 0.0))  # uses up the limit of both names, so the others' tries are extra
    for number in range(OWNERS):
        first = chance.uniform(120, end - HOUR) if number % 2 else chance.uniform(end - HOUR, end)
        calls.append((first, f"owner {number}", first))
    heapq.heapify(calls)
    with simulated(clock):
        while calls:
            clock.now, who, first = heapq.heappop(calls)
            is_owner = who.startswith("owner")
            if clock.now > end:
                if is_owner:
                    result.waits.append(float("inf"))
                continue
            try:
                made = attempt(who, is_email=int(clock.now / 6) % 2 == 0)
            except RateLimited as refused:
                later = float(refused.headers["Retry-After"]) if is_owner else pause
                heapq.heappush(calls, (clock.now + later, who, first))
                continue
            if is_owner:
                made.succeed(_DATABASE, 1)
                result.waits.append(clock.now - first)
            else:
                result.guesses += clock.now <= 24 * HOUR
                heapq.heappush(calls, (clock.now + (6.0 if who == "attacker 0" else pause), who, first))
    return result


def row(result: Result) -> str:
    waits = sorted(result.waits)
    half, longest = ("over a day" if each > 24 * HOUR else f"{each / 60:.0f} min" for each in waits[49::50])
    at_once = f"{result.at_first_try} of {OWNERS}"
    return f"| {result.attackers} | {result.guesses:,} | {at_once} | {half} | {longest} |"


if __name__ == "__main__":
    os.environ |= {"JWT_ISSUER": "https://issuer.test", "JWT_AUDIENCE": NAME}
    for attackers in (1, 3, 100):
        print(row(simulate(attackers)), flush=True)
