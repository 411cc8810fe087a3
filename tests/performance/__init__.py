"""The benchmark: this API and its peers do what the samples do, so the samples are its workload."""

import sys

from tests.support.client import ROOT

REMOVED = [each for each in ("items", "library", "social") if not (ROOT / f"functions/{each}").exists()]


def require_samples() -> None:
    """Errors: SystemExit, in a project that removed what the benchmark measures."""
    if REMOVED:
        gone = ", ".join(REMOVED)
        sys.exit(f"error: the benchmark measures the samples {gone}, which this project removed")
