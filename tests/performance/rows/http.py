"""Reads over HTTP by 1, 8 and 32 clients: the built functions in the local stack, and a container."""

import asyncio
import re
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from shared.runtime.product import NAME

import aiohttp

from infra.local.postgres import free_port
from tests.local.conftest import running_stack
from tests.performance.comparison import ratio
from tests.performance.progress import step
from tests.performance.setup import PEER_PACKAGES, PEERS, Ground
from tests.performance.table import Figure

CLIENTS = (1, 8, 32)
PATH = "/api/v1/items/7"
SECONDS, PAIRS = 2, 3  # of a measurement


@dataclass(frozen=True)
class Load:
    """What a side's clients met in all measurements: sorted seconds of a call, calls a second."""

    latencies: list[float]
    throughput: float

    def __str__(self) -> str:
        half, tail = self.percentile(0.5) * 1e3, self.percentile(0.95) * 1e3
        return f"{half:,.3g} ms (p95 {tail:,.3g}; {self.throughput:,.0f}/s)"

    def percentile(self, part: float) -> float:
        return self.latencies[int(part * (len(self.latencies) - 1))]


def http(ground: Ground) -> Iterator[Figure]:
    for clients, (ours, theirs, measured) in loads(ground).items():
        bars = {
            f"this API, {clients} clients": ours.percentile(0.5) * 1e3,
            f"container, {clients} clients": theirs.percentile(0.5) * 1e3,
        }
        detail = f"{ours} and {theirs}"
        yield Figure(f"HTTP, {clients} clients, p50 / container", measured, None, detail, "http", bars)


@cache
def loads(ground: Ground) -> dict[int, tuple[Load, Load, float]]:
    """Ours, the container's, and the ratio of the medians, by the number of clients."""
    step("the built functions in the local stack, and a container")
    url = ground.cluster.owner_url
    build = without_throttle(ground.build, ground.scratch / "unthrottled")
    environment = {"BUILT": "1", "BUILD_DIR": str(build), "DATABASE_URL": url}
    with (
        running_stack(ground.scratch / "served", **environment) as stack,
        container(url, stack.origin) as port,
    ):
        headers = {"Authorization": f"Bearer {stack.signer.token(exp=int(time.time()) + 3600)}"}
        sides = (f"{stack.origin}{PATH}", f"http://127.0.0.1:{port}{PATH}")
        return {clients: _contest(sides, headers, clients) for clients in CLIENTS}


def _contest(sides: tuple[str, str], headers: dict[str, str], clients: int) -> tuple[Load, Load, float]:
    step(f"HTTP: {clients} clients")
    met: dict[str, list[float]] = {url: [] for url in sides}

    def measure(url: str) -> float:
        found = asyncio.run(call(url, headers, clients, SECONDS))
        met[url] += found
        return statistics.median(found)

    for url in sides:
        asyncio.run(call(url, headers, clients, SECONDS))  # workers start, pools fill
    measured = ratio(lambda: measure(sides[0]), lambda: measure(sides[1]), PAIRS)
    ours, theirs = (Load(sorted(met[url]), len(met[url]) / PAIRS / SECONDS) for url in sides)
    return ours, theirs, measured.median


async def call(url: str, headers: dict[str, str], clients: int, seconds: float) -> list[float]:
    """Each client calls again as soon as it is answered; the seconds that each call took."""
    took: list[float] = []
    end = time.perf_counter() + seconds

    async def one() -> None:
        while (started := time.perf_counter()) < end:
            async with session.get(url, headers=headers) as answer:
                body = await answer.read()
            took.append(time.perf_counter() - started)
            if answer.status != 200:
                sys.exit(f"{url} answered {answer.status}: {body!r}")

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        await asyncio.gather(*(one() for _ in range(clients)))
    return took


def without_throttle(build: Path, folder: Path) -> Path:
    """The same build, whose gateway admits whatever comes, as a container does."""
    folder.mkdir()
    for entry in build.iterdir():
        (folder / entry.name).symlink_to(entry)
    template = folder / "template.yaml"
    text = re.sub(
        r"(Throttling(?:Rate|Burst)Limit): (?:\d+|!Ref (?:Rate|Burst)\b)", r"\1: 100000", template.read_text()
    )
    template.unlink()
    template.write_text(text)
    return folder


@contextmanager
def container(database_url: str, issuer: str) -> Iterator[int]:
    """Its port. One process, as in a task of one vCPU.

    With more, uvicorn listens on a socket that asyncio does not know as TCP's: Nagle's delay stays on.
    """
    port = free_port()
    command = (sys.executable, "-S", "-m", "uvicorn", "container:app", "--port", str(port))
    server = subprocess.Popen(
        command,
        env={
            "DATABASE_URL": database_url,
            "JWT_AUDIENCE": NAME,
            "JWT_ISSUER": issuer,
            "PYTHONPATH": f"{PEERS}:{PEER_PACKAGES}",
        },
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait(port, server)
        yield port
    finally:
        server.terminate()
        server.wait()


def _wait(port: int, server: subprocess.Popen[bytes]) -> None:
    while True:
        if server.poll() is not None:
            sys.exit("http: the container did not start")
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return
        except OSError:
            time.sleep(0.1)
