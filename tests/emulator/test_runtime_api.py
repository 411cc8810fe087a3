"""The Runtime API's port: for the worker alone, and only about the call in flight."""

import http.client
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.emulator.client import HttpAnswer
from tests.emulator.sample_project import Sample

INVOCATION = "/2018-06-01/runtime/invocation"


@pytest.fixture
def held(sample: Sample) -> Iterator[tuple[int, Future[HttpAnswer]]]:
    """The port of a worker that serves a call, and that call."""
    folder = sample.code.parent
    for left in (folder / "held.begun", folder / "held.go"):
        left.unlink(missing_ok=True)
    with ThreadPoolExecutor(1) as threads:
        call = threads.submit(sample.call, "POST", "/hold", "held")
        give_up = time.monotonic() + 20
        while not (folder / "held.begun").exists():
            assert time.monotonic() < give_up
            time.sleep(0.005)
        [worker] = [each for each in sample.runtime.pool.workers if each.function.name == "HoldFunction"]
        assert worker.process
        environment = Path(f"/proc/{worker.process.pid}/environ").read_bytes().split(b"\0")
        [api] = [line for line in environment if line.startswith(b"AWS_LAMBDA_RUNTIME_API=")]
        try:
            yield int(api.rpartition(b":")[2]), call
        finally:
            (folder / "held.go").touch()


def send(port: int, method: str, path: str, headers: dict[str, str] | None = None) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request(method, path, b'"forged"' if method == "POST" else None, headers or {})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


@pytest.mark.parametrize("kind", ["response", "error"])
def test_another_request_id_answers_nobodys_call(
    sample: Sample, held: tuple[int, Future[HttpAnswer]], kind: str
) -> None:
    port, call = held
    status, body = send(port, "POST", f"{INVOCATION}/00000000-0000-0000-0000-000000000000/{kind}")
    assert (status, b"InvalidRequestID" in body) == (400, True)
    (sample.code.parent / "held.go").touch()
    assert call.result().status == 200
    assert call.result().body != b"forged"


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.test"},
        {"Host": "localhost"},
        {"Origin": "https://evil.test"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},  # a browser's GET has no Origin
    ],
)
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", f"{INVOCATION}/next"),
        ("POST", f"{INVOCATION}/x/response"),
        ("POST", f"{INVOCATION}/x/error"),
        ("POST", "/2018-06-01/runtime/init/error"),
    ],
)
def test_a_web_page_is_refused(
    held: tuple[int, Future[HttpAnswer]], method: str, path: str, headers: dict[str, str]
) -> None:
    assert send(held[0], method, path, headers)[0] == 403
