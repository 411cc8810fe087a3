"""The issuer is live when both its documents answer in time, and not before."""

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from typing import Any

import pytest

import await_discovery
from await_discovery import handler
from custom_resource import MARGIN
from tests.operations.conftest import POLL, CloudFormation

pytestmark = pytest.mark.timeout(60, method="thread")  # the function has the alarm to itself


class Issuer:
    def __init__(self) -> None:
        self.failures, self.slow, self.delay = 0, 1000, 0.0  # how many fail, how many are delayed
        self.lock = threading.Lock()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                with outer.lock:
                    outer.failures, outer.slow = outer.failures - 1, outer.slow - 1
                    fails, delay = outer.failures >= 0, outer.delay if outer.slow >= 0 else 0
                time.sleep(delay)
                self.send_response(500 if fails else 200)
                self.end_headers()
                self.wfile.write(json.dumps(outer.documents[self.path]).encode())

            def log_message(self, *_: Any) -> None: ...

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.documents: dict[str, dict[str, Any]] = {
            "/.well-known/openid-configuration": {"issuer": self.url, "jwks_uri": f"{self.url}/keys"},
            "/keys": {"keys": [{"kid": "1"}]},
        }
        threading.Thread(target=self.server.serve_forever, args=[POLL], daemon=True).start()


@pytest.fixture
def issuer(monkeypatch: pytest.MonkeyPatch) -> Iterator[Issuer]:
    running = Issuer()
    monkeypatch.setattr(await_discovery, "PAUSE", 0.01)
    yield running
    running.server.shutdown()
    running.server.server_close()


def test_an_issuer_that_comes_up_late_is_waited_for(issuer: Issuer, cloudformation: CloudFormation) -> None:
    issuer.failures = 3
    answer = cloudformation.call(handler, "Create", Issuer=issuer.url, KeyIds="1")
    assert (answer["Status"], answer["Data"]) == ("SUCCESS", {"Issuer": issuer.url})


@pytest.mark.parametrize(
    ("path", "document", "problem"),
    [
        (
            "/.well-known/openid-configuration",
            {"issuer": "https://x"},
            "its discovery document names https://x",
        ),
        ("/keys", {"keys": []}, "its keys are [], and should be ['1']"),
        ("/keys", {"keys": [{"kid": "0"}]}, "its keys are ['0'], and should be ['1']"),
        ("/keys", {}, "KeyError: 'keys'"),
    ],
)
def test_what_the_gateway_would_not_take_is_said(
    issuer: Issuer,
    cloudformation: CloudFormation,
    monkeypatch: pytest.MonkeyPatch,
    path: str,
    document: dict[str, Any],
    problem: str,
) -> None:
    monkeypatch.setattr(await_discovery, "PATIENCE", 0)
    issuer.documents[path] = document
    answer = cloudformation.call(handler, "Create", Issuer=issuer.url, KeyIds="1")
    assert (answer["Status"], answer["Reason"]) == (
        "FAILED",
        f"The issuer {issuer.url} is not live: {problem}",
    )


def test_an_issuer_slower_than_the_gateway_waits_is_not_live(
    issuer: Issuer, cloudformation: CloudFormation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(await_discovery, "PATIENCE", 0)
    issuer.delay = await_discovery.LONGEST_ANSWER + 0.5
    answer = cloudformation.call(handler, "Create", Issuer=issuer.url, KeyIds="1")
    assert (answer["Status"], "TimeoutError" in answer["Reason"]) == ("FAILED", True)


def test_one_reader_that_waits_too_long_is_enough(
    issuer: Issuer, cloudformation: CloudFormation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An environment that is warm says nothing of those that the gateway's next hosts will meet."""
    monkeypatch.setattr(await_discovery, "PATIENCE", 0)
    issuer.delay, issuer.slow = await_discovery.LONGEST_ANSWER + 0.5, 1
    answer = cloudformation.call(handler, "Create", Issuer=issuer.url, KeyIds="1")
    assert (answer["Status"], "TimeoutError" in answer["Reason"]) == ("FAILED", True)


def test_the_key_set_of_the_release_before_is_waited_out(
    issuer: Issuer, cloudformation: CloudFormation, monkeypatch: pytest.MonkeyPatch
) -> None:
    def release(_: float) -> None:
        issuer.documents["/keys"] = {"keys": [{"kid": "1"}, {"kid": "2"}]}

    clock = SimpleNamespace(sleep=release, monotonic=time.monotonic)
    monkeypatch.setattr(await_discovery, "time", clock)
    answer = cloudformation.call(handler, "Update", Issuer=issuer.url, KeyIds="1,2")
    assert answer["Status"] == "SUCCESS"


def test_a_longer_wait_than_the_function_has_is_answered(
    issuer: Issuer, cloudformation: CloudFormation, monkeypatch: pytest.MonkeyPatch
) -> None:
    # It rings in the pause: a call that it cuts off leaves its socket to the collector, which may come by
    # in any other test.
    monkeypatch.setattr(await_discovery, "PAUSE", 60)
    issuer.failures = 1
    answer = cloudformation.call(handler, "Create", seconds=MARGIN + 2, Issuer=issuer.url, KeyIds="1")
    assert (answer["Status"], answer["Reason"]) == (
        "FAILED",
        "It did not end within 2 seconds and was stopped",
    )
