"""Computes the number of workers that fit this machine."""

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

# MB of resident memory. The largest of 68 workers with FastAPI, SQLAlchemy and a driver, each after one call,
# had 77 (2026-11-30); processes that start on their own share no more than their libraries' files.
WORKER_MEMORY = 80
PER_CORE = 4  # workers of one function: calls spend more time waiting than computing
LEAST = 8


@dataclass(frozen=True)
class Limits:
    """The most `workers` in all and `per_function`, and the most `starts` at the same time."""

    workers: int
    per_function: int
    starts: int


def machine_limits(workers: int | None = None) -> Limits:
    """Gives workers half of the memory, unless their number is given."""
    cores = os.process_cpu_count() or 1
    workers = workers or max(LEAST, _memory() // 2 // WORKER_MEMORY)
    return Limits(workers, min(workers, max(LEAST, PER_CORE * cores)), 2 * cores)


def _memory() -> int:
    """The machine's memory in MB, or a container's limit (control groups, version 2)."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    with suppress(OSError, ValueError):
        memory = min(memory, int(Path("/sys/fs/cgroup/memory.max").read_text()))
    return memory // 2**20
