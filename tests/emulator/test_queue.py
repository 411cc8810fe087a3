"""Calls that overlap: workers up to a cap, then a queue. Only a reservation refuses any.

Source: AWS Lambda developer guide, "Configuring reserved concurrency for a function".
"""

import json
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from infra.emulator.worker_limits import Limits
from tests.emulator.client import HttpAnswer
from tests.emulator.sample_project import Sample

PATIENCE = 30  # seconds
UNAVAILABLE = (503, b'{"message":"Service Unavailable"}')


def eventually(holds: Callable[[], bool]) -> None:
    give_up = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < give_up
        time.sleep(0.005)


class Calls:
    """Calls that are held until they are let go, each known by its name."""

    def __init__(self, sample: Sample, folder: Path, threads: ThreadPoolExecutor) -> None:
        self.sample, self.folder, self._threads = sample, folder, threads

    def begin(self, name: str, path: str = "/hold", method: str = "POST") -> Future[HttpAnswer]:
        return self._threads.submit(self.sample.call, method, path, name)

    def queue(self, name: str, path: str = "/hold") -> Future[HttpAnswer]:
        """Begin a call, and see it wait for a worker."""
        before = self.sample.runtime.pool.waiting
        call = self.begin(name, path)
        eventually(lambda: self.sample.runtime.pool.waiting == before + 1)
        return call

    def has_begun(self, name: str) -> bool:
        return (self.folder / f"{name}.begun").exists()

    def let_go(self, *names: str) -> None:
        for name in names:
            (self.folder / f"{name}.go").touch()

    @property
    def ended(self) -> list[str]:
        return (self.folder / "ended").read_text().split()


@contextmanager
def calls_within(limits: Limits | None, folder: Path) -> Iterator[Calls]:
    sample = Sample(folder, limits=limits)
    with ThreadPoolExecutor(16) as threads:
        try:
            yield Calls(sample, folder, threads)
        finally:
            sample.stop()


@pytest.fixture
def calls(tmp_path: Path) -> Iterator[Calls]:
    """On a machine that has room for one worker."""
    with calls_within(Limits(workers=1, per_function=1, starts=1), tmp_path) as calls:
        yield calls


def test_two_hundred_calls_at_once_are_all_answered(sample: Sample) -> None:
    with ThreadPoolExecutor(200) as threads:
        answers = list(threads.map(lambda n: sample.call("GET", f"/posts/{n}"), range(200)))
    assert {answer.status for answer in answers} == {200}
    assert [answer.json()["pathParameters"]["id"] for answer in answers] == [str(n) for n in range(200)]


def test_calls_that_overlap_get_a_worker_each(tmp_path: Path) -> None:
    with calls_within(None, tmp_path) as calls:
        names = ["a", "b", "c", "d"]
        begun = [calls.begin(name) for name in names]
        eventually(lambda: all(calls.has_begun(name) for name in names))
        calls.let_go(*names)
        assert len({call.result().json()["pid"] for call in begun}) == 4


def test_beyond_the_cap_they_are_served_in_the_order_of_their_arrival(calls: Calls) -> None:
    names = ["first", "second", "third", "fourth"]
    calls.let_go(*names[1:])
    begun = [calls.begin(names[0])]
    eventually(lambda: calls.has_begun(names[0]))
    begun += [calls.queue(name) for name in names[1:]]
    calls.let_go(names[0])
    assert [call.result().status for call in begun] == [200] * 4
    assert calls.ended == names


def test_functions_take_turns_at_the_last_worker(calls: Calls) -> None:
    calls.let_go("other's", "again")
    begun = [calls.begin("first")]
    eventually(lambda: calls.has_begun("first"))
    begun += [calls.queue("other's", "/reserved"), calls.queue("again")]
    calls.let_go("first")
    assert [call.result().status for call in begun] == [200] * 3
    assert calls.ended == ["first", "other's", "again"]
    assert calls.sample.workers == 1


def test_a_client_that_goes_away_leaves_the_queue(calls: Calls) -> None:
    begun = calls.begin("first")
    eventually(lambda: calls.has_begun("first"))
    with impatient(calls, "gone"):
        eventually(lambda: calls.sample.runtime.pool.waiting == 1)
    eventually(lambda: calls.sample.runtime.pool.waiting == 0)
    calls.let_go("first", "gone", "last")
    assert begun.result().status == 200
    assert calls.begin("last").result().status == 200
    assert not calls.has_begun("gone")


def test_what_has_begun_runs_to_its_end_without_its_client(calls: Calls) -> None:
    with impatient(calls, "begun"):
        eventually(lambda: calls.has_begun("begun"))
    calls.let_go("begun", "next")
    assert calls.begin("next").result().status == 200
    assert calls.ended == ["begun", "next"]


def test_a_call_waits_as_long_as_the_gateway_does(calls: Calls) -> None:
    """Source: API Gateway developer guide, "Quotas for HTTP APIs": 30 seconds, and 503."""
    template = calls.sample.template
    assert max(route.timeout for route in template.routes) == 30
    begun = calls.begin("first")
    eventually(lambda: calls.has_begun("first"))
    short = replace(template, routes=[replace(route, timeout=0.1) for route in template.routes])
    calls.sample.on_loop(lambda: calls.sample.gateway.use(short))
    answer = calls.begin("late").result()
    assert (answer.status, answer.body) == UNAVAILABLE
    calls.let_go("first")
    assert begun.result().status == 200
    assert not calls.has_begun("late")


def test_a_reservation_throttles_what_is_beyond_it(tmp_path: Path) -> None:
    """An HTTP API answers 503 where Lambda refuses with TooManyRequestsException."""
    with calls_within(None, tmp_path) as calls:
        first = calls.begin("first", "/reserved")
        eventually(lambda: calls.has_begun("first"))
        second = calls.begin("second", "/reserved").result()
        assert (second.status, second.body) == UNAVAILABLE
        calls.let_go("first", "third")
        assert first.result().status == 200
        assert calls.begin("third", "/reserved").result().status == 200


def test_a_failed_import_fails_all_that_wait_for_it(calls: Calls) -> None:
    calls.let_go("first")
    begun = [calls.begin("first"), *(calls.begin(name, "/broken", "GET") for name in "ab")]
    assert [call.result().status for call in begun] == [200, 500, 500]


@contextmanager
def impatient(calls: Calls, name: str) -> Iterator[None]:
    """A client that sends its call, and closes the connection in the end without having read an answer."""
    body = json.dumps(name).encode()
    head = f"POST /hold HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n"
    with socket.create_connection(("127.0.0.1", calls.sample.port)) as connection:
        connection.sendall(head.encode() + b"Content-Type: application/json\r\n\r\n" + body)
        yield


def test_the_stage_throttle_answers_429(tmp_path: Path) -> None:
    """Source: API Gateway developer guide, "Throttle requests to your HTTP APIs"."""
    slow = Sample(tmp_path, ThrottlingBurstLimit="3", ThrottlingRateLimit="0.01")
    try:
        answers = [slow.call("GET", "/posts/1") for _ in range(5)]
    finally:
        slow.stop()
    assert [answer.status for answer in answers] == [200, 200, 200, 429, 429]
    assert answers[-1].body == b'{"message":"Too Many Requests"}'
