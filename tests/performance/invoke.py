"""Run in a fresh interpreter as bare as Lambda's: imports a handler, calls it, prints its cost.

    invoke.py MODULE EVENT_FILE

Prints a line of JSON for the cold start; then, for each line `N` of its standard input, one for N warm calls.
`NUMBER` in the event is another number in each call.
"""

import importlib
import json
import sys
import time
from itertools import count
from statistics import median
from typing import Any

NUMBERS = count()


class Context:
    """The context that Lambda passes to a handler, as far as Powertools asks for it."""

    function_name, function_version, memory_limit_in_mb = "bench", "1", 1024
    invoked_function_arn = "arn:aws:lambda:eu-west-1:123456789012:function:bench:live"
    aws_request_id = "4a9c1a3e-0000-4000-8000-000000000000"

    @staticmethod
    def get_remaining_time_in_millis() -> int:
        return 20_000


def main() -> None:
    module, event_file = sys.argv[1:]
    with open(event_file) as file:  # noqa: PTH123 (pathlib would be counted as the handler's import)
        text = file.read()
    event = numbered(text)
    started = time.perf_counter()
    handler = importlib.import_module(module).handler
    answer = handler(event, Context())
    done = time.perf_counter()
    check(answer)
    tell(cold=done - started, body=answer["body"], modules=len(sys.modules))
    for line in sys.stdin:
        tell(warm=median(one_call(handler, numbered(text)) for _ in range(int(line))))


def numbered(text: str) -> dict[str, Any]:
    event: dict[str, Any] = json.loads(text.replace("NUMBER", str(next(NUMBERS))))
    return event


def one_call(handler: Any, event: dict[str, Any]) -> float:
    started = time.perf_counter()
    answer = handler(event, Context())
    took = time.perf_counter() - started
    check(answer)
    return took


def check(answer: dict[str, Any]) -> None:
    if answer["statusCode"] not in (200, 201):
        sys.exit(f"the handler answered {answer}")


def tell(**figures: Any) -> None:
    sys.stderr.write(json.dumps(figures) + "\n")  # the handlers log to standard output
    sys.stderr.flush()


if __name__ == "__main__":
    main()
