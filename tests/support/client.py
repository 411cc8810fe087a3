"""Calls a route through its front door: a real payload v2 event into the real handler, in this process."""

import csv
import importlib
import json
import re
import time
import uuid
from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlencode

from shared.runtime.product import NAME

from tests.support.document import check_documented

ROOT = Path(__file__).parents[2]
MAIL = {"MailFrom": "api@example.com"}  # the parameter without which some routes are not there
PAGE = "https://app.test"  # the origin of every call, as of a page's
# What suites and benches run with.
UNLIMITED = {"RATE_LIMIT": "0", "SERVICE_RATE_LIMIT": "0", "SIGN_IN_RATE_LIMIT": "0"}
ROUTES, SAMPLE_ROUTES = (
    list(csv.DictReader((ROOT / file).read_text().splitlines()))
    for file in ("docs/routes.csv", "tests/sample/routes.csv")
)


class Form(dict[str, str]):
    """A body that is sent as a form, where others are sent as JSON."""


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def error(self) -> str:
        """The error code, after a check that the body has the error form."""
        body = self.json()
        assert set(body) - {"details"} == {"success", "error", "message", "request_id"}
        assert body["success"] is False
        assert body["request_id"] == self.headers["x-request-id"]
        assert self.headers["content-type"] == "application/json"
        return body["error"]


@dataclass(frozen=True)
class Context:
    """Lambda's context of a call with this remaining time."""

    milliseconds: int = 20_000

    def get_remaining_time_in_millis(self) -> int:
        return self.milliseconds


@dataclass(frozen=True)
class Client:
    """`claims`: passed by the gateway's authorizer; None is a call without them.

    `run` invokes the operation's handler, by default in this process. `holds`: whether every answer must be
    documented.
    """

    claims: dict[str, str] | None = None
    run: Callable[[str, dict[str, Any]], Any] = lambda operation, event: handler_of(operation)(
        event, Context()
    )
    holds: bool = True
    cookies: dict[str, str] = field(default_factory=dict)  # as a browser keeps them

    def as_user(self, user_id: int) -> "Client":
        claims = {"sub": str(user_id), "iss": "https://issuer.test", "aud": NAME, "type": "access"}
        return replace(self, claims=claims)

    def get(self, path: str, **options: Any) -> Answer:
        return self.call("GET", path, **options)

    def post(self, path: str, **options: Any) -> Answer:
        return self.call("POST", path, **options)

    def put(self, path: str, **options: Any) -> Answer:
        return self.call("PUT", path, **options)

    def delete(self, path: str, **options: Any) -> Answer:
        return self.call("DELETE", path, **options)

    def call(self, method: str, path: str, **options: Any) -> Answer:
        route = route_for(method, path.partition("?")[0])
        event = make_event(route["method"], route["path"], path, claims=self.claims, **options)
        if self.cookies:
            event["cookies"] = [f"{name}={value}" for name, value in self.cookies.items()]
        result = self.run(route["operation_id"], event)
        for cookie in result.get("cookies", []):
            name, _, rest = cookie.partition("=")
            self.cookies[name] = rest.partition(";")[0]
        answer = as_answer(result)
        if self.holds:
            check_documented(route["operation_id"], answer)
        return answer


def as_answer(result: Any) -> Answer:
    result = json.loads(json.dumps(result))  # as the runtime client does
    body = result.get("body", "")
    return Answer(
        result["statusCode"],
        result.get("headers", {}),
        b64decode(body) if result.get("isBase64Encoded") else body.encode(),
    )


def route_for(method: str, path: str) -> dict[str, str]:
    """Returns the row of the route table that the gateway would choose: static segments before parameters."""
    found = find_route(method, path)
    assert found is not None, f"no route for {method} {path}"
    return found


def find_route(method: str, path: str) -> dict[str, str] | None:
    found = [
        route
        for route in ROUTES + SAMPLE_ROUTES
        if route["method"] == method and _pattern(route["path"]).fullmatch(path)
    ]
    return min(found, key=lambda route: route["path"].count("{"), default=None)


@cache
def _pattern(route_path: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(route_path)))


@cache
def module_of(operation_id: str) -> str:
    """Returns the name of the module that serves an operation of functions/ or of the sample."""
    found = [file.parent.name for file in (ROOT / "functions").glob(f"*/{operation_id}.py")]
    return f"{found[0] if found else 'tests.sample'}.{operation_id}"


@cache
def handler_of(operation_id: str) -> Any:
    return importlib.import_module(module_of(operation_id)).handler


def make_event(
    method: str,
    route_path: str,
    path: str,
    *,
    json: Any = None,
    body: bytes | None = None,
    headers: dict[str, str] | None = None,
    query: dict[str, Any] | None = None,
    claims: dict[str, str] | None = None,
    address: str = "192.0.2.1",
) -> dict[str, Any]:
    path, _, raw_query = path.partition("?")
    raw_query = urlencode(query) if query else raw_query
    sent = {"host": "api.test", "origin": PAGE, "x-forwarded-proto": "https"} | {
        k.lower(): v for k, v in (headers or {}).items()
    }
    if isinstance(json, Form):
        body = urlencode(json).encode()
        sent.setdefault("content-type", "application/x-www-form-urlencoded")
    elif json is not None:
        body = dumps(json)
    if body is not None:
        sent.setdefault("content-type", "application/json")
    match = _pattern(route_path).fullmatch(path)
    parameters = {name: unquote(value) for name, value in match.groupdict().items()} if match else {}
    context: dict[str, Any] = {
        "accountId": "123456789012",
        "apiId": "api",
        "domainName": "api.test",
        "http": {
            "method": method,
            "path": unquote(path),
            "protocol": "HTTP/1.1",
            "sourceIp": address,
            "userAgent": "tests",
        },
        "requestId": uuid.uuid4().hex,
        "routeKey": f"{method} {route_path}",
        "stage": "$default",
        "timeEpoch": int(time.time() * 1000),
    }
    if claims is not None:
        context["authorizer"] = {"jwt": {"claims": claims, "scopes": None}}
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": context["routeKey"],
        "rawPath": path,
        "rawQueryString": raw_query,
        "headers": sent,
        "requestContext": context,
        "isBase64Encoded": body is not None,
    }
    if parameters:
        event["pathParameters"] = parameters
    if body is not None:
        event["body"] = b64encode(body).decode()
    return event


def dumps(value: Any) -> bytes:
    return json.dumps(value).encode()
