"""The error that calls raise for every answer that is no success."""

import re
from json import JSONDecodeError
from typing import Any

import httpx


class ApiError(Exception):
    """`code` is stable, such as `isbn_exists`; the gateway's own messages become `unauthorized`, `not_found`.

    `retry_after` is in seconds, None where the answer names none. Without an answer it is httpx's own error.
    """

    def __init__(self, response: httpx.Response) -> None:
        body = _body_of(response)
        self.message: str = body["message"]
        self.code: str = body.get("error") or re.sub(r"\W+", "_", self.message.lower())
        self.status = response.status_code
        self.details: dict[str, Any] = body.get("details", {})
        self.request_id: str | None = body.get("request_id") or response.headers.get("apigw-requestid")
        seconds = response.headers.get("retry-after", "")
        self.retry_after = int(seconds) if seconds.isdecimal() else None
        super().__init__(f"{self.status} {self.code}: {self.message} ({self.request_id})")


def _body_of(response: httpx.Response) -> dict[str, Any]:
    otherwise = {"message": response.reason_phrase or f"HTTP {response.status_code}"}
    try:
        body = response.json()
    except (JSONDecodeError, UnicodeDecodeError):
        return otherwise
    return otherwise | body if isinstance(body, dict) else otherwise
