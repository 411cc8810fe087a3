"""CloudFormation's side: it calls the function, and is sent one answer."""

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

POLL = 0.01  # seconds, in which a server notices that it is shut down


class CloudFormation:
    def __init__(self) -> None:
        self.answers: list[dict[str, Any]] = []
        self.content_types: list[str | None] = []
        self.refuse = 0  # answers that it does not take at first
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_PUT(self) -> None:
                answer = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                outer.refuse -= 1
                if outer.refuse < 0:
                    outer.answers.append(answer)
                    outer.content_types.append(self.headers["Content-Type"])
                self.send_response(200 if outer.refuse < 0 else 503)
                self.end_headers()

            def log_message(self, *_: Any) -> None: ...

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, args=[POLL], daemon=True).start()

    def call(
        self, handler: Callable[[Any, Any], None], kind: str, seconds: float = 100, **properties: Any
    ) -> dict[str, Any]:
        """The one answer to an event, by a function that has this much time left."""
        event = {
            "RequestType": kind,
            "ResponseURL": f"http://127.0.0.1:{self.server.server_port}/answer",
            "StackId": "stack",
            "RequestId": "request",
            "LogicalResourceId": "Schema",
            "ResourceProperties": properties,
        }
        self.answers.clear()
        handler(event, _Context(seconds))
        [answer] = self.answers
        return answer


class _Context:
    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    def get_remaining_time_in_millis(self) -> int:
        return int(self._seconds * 1000)


@pytest.fixture
def cloudformation() -> Iterator[CloudFormation]:
    running = CloudFormation()
    yield running
    running.server.shutdown()
    running.server.server_close()
