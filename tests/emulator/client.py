"""Calls over real HTTP, on this machine."""

import http.client
import json
from dataclasses import dataclass
from typing import Any


@dataclass
class HttpAnswer:
    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


def request(
    port: int, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None
) -> HttpAnswer:
    """A body that is no bytes goes as JSON. Header fields that come twice are joined by a line break."""
    sent = dict(headers or {})
    if body is not None and not isinstance(body, bytes):
        body = json.dumps(body).encode()
    if body is not None:
        sent.setdefault("Content-Type", "application/json")
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request(method, path, body, sent)
        return read_answer(connection)
    finally:
        connection.close()


def read_answer(connection: http.client.HTTPConnection) -> HttpAnswer:
    answer = connection.getresponse()
    received: dict[str, str] = {}
    for name, value in answer.getheaders():
        received[name.lower()] = "\n".join(filter(None, [received.get(name.lower()), value]))
    return HttpAnswer(answer.status, received, answer.read())
