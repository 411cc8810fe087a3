"""Calls handlers in a process of its own, as one execution environment does, and prints what they took.

It reads lines of JSON: first `[[operation, module, event]...]`, whose handlers it imports and calls a few
times; then a load each, `{"operations": [...], "calls": N, "rate": R}`. `rate`: calls a second, on the
average, at random moments. In an event NUMBER is another number in each call, and REFRESH is the last
refresh token.
"""

import importlib
import json
import os
import random
import sys
import time
from itertools import count, cycle, islice
from typing import Any

from tests.performance.invoke import Context, check

WARM_UP = 5  # calls of each
BASE = os.getpid() * 1_000_000  # of the numbers, so that no two processes have one in common


class Environment:
    def __init__(self, routes: list[tuple[str, str, str]]) -> None:
        self.routes = {
            operation: (importlib.import_module(module).handler, event) for operation, module, event in routes
        }
        self.numbers, self.token = count(BASE), ""
        for operation in self.routes:
            for _ in range(WARM_UP):
                self.call(operation)

    def call(self, operation: str) -> float:
        """The seconds it took."""
        handler, text = self.routes[operation]
        event = json.loads(text.replace("NUMBER", str(next(self.numbers))).replace("REFRESH", self.token))
        started = time.perf_counter()
        answer = handler(event, Context())
        took = time.perf_counter() - started
        check(answer)
        if "refresh_token" in answer["body"]:
            self.token = json.loads(answer["body"])["refresh_token"]
        return took

    def load(self, operations: list[str], calls: int, rate: float) -> dict[str, float]:
        """Seconds: `busy` in calls, of them on a `processor`; `elapsed` in all."""
        chance = random.Random(BASE)
        busy = 0.0
        processor, started = time.process_time(), time.perf_counter()
        due = started
        for operation in islice(cycle(operations), calls):
            due += chance.expovariate(rate)
            time.sleep(max(0, due - time.perf_counter()))
            busy += self.call(operation)
        return {
            "busy": busy,
            "processor": time.process_time() - processor,
            "elapsed": time.perf_counter() - started,
        }


def tell(told: Any) -> None:
    sys.stderr.write(json.dumps(told) + "\n")  # the handlers log to standard output
    sys.stderr.flush()


if __name__ == "__main__":
    environment = Environment(json.loads(sys.stdin.readline()))
    tell("ready")
    for line in sys.stdin:
        tell(environment.load(**json.loads(line)))
