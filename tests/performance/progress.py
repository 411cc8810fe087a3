"""What the run is at, on standard error: the figures alone go to standard output."""

import sys
import time

_started = time.monotonic()


def step(what: str) -> None:
    print(f"{time.monotonic() - _started:5.0f} s  {what}", file=sys.stderr, flush=True)
