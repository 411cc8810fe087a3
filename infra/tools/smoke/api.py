"""Calls an API by its URL."""

import json
import urllib.error
import urllib.parse
import urllib.request
from base64 import b64encode
from dataclasses import dataclass
from typing import Any

PATIENCE = 35  # seconds: over the gateway's 30


@dataclass(frozen=True)
class Answer:
    status: int  # 0 where there was none
    body: bytes

    def json(self) -> Any:
        try:
            return json.loads(self.body)
        except ValueError:
            return None

    @property
    def is_ours(self) -> bool:
        """Tells whether a function answered: the gateway's own errors have another body."""
        body = self.json()
        return self.status < 400 or (isinstance(body, dict) and body.get("success") is False)

    def __str__(self) -> str:
        return f"{self.status or 'no answer'} {self.body[:200].decode(errors='replace')}".strip()


@dataclass(frozen=True)
class Api:
    url: str

    def call(self, method: str, path: str, body: Any = None, token: str | None = None) -> Answer:
        headers = {"Content-Type": "application/json"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        data = None if body is None else json.dumps(body).encode()
        return self._send(method, path, data, headers)

    def post_form(self, path: str, form: dict[str, str], credentials: str) -> Answer:
        """Posts a form with HTTP Basic. `credentials`: name and secret, with a colon between them."""
        basic = b64encode(credentials.encode()).decode()
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Authorization": f"Basic {basic}"}
        return self._send("POST", path, urllib.parse.urlencode(form).encode(), headers)

    def _send(self, method: str, path: str, data: bytes | None, headers: dict[str, str]) -> Answer:
        request = urllib.request.Request(self.url + path, data, headers, method=method)  # noqa: S310
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:  # noqa: S310
                return Answer(answer.status, answer.read())
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, error.read())
        except OSError as error:
            return Answer(0, str(error).encode())
