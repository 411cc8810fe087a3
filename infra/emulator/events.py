"""Converts HTTP requests to payload v2 events, and handlers' results to HTTP responses.

Source: API Gateway developer guide, "Create AWS Lambda proxy integrations for HTTP APIs".
"""

import json
import re
import time
import uuid
from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qsl, unquote

from aiohttp import web
from multidict import CIMultiDict

from infra.emulator.hosts import host_name
from infra.emulator.model import Route, Template

# The types whose bodies a live HTTP API hands on as text; `+json` is not among them.
TEXT_TYPES = re.compile(r"\s*(text/[^;]*|application/(json|javascript|xml))\s*(;.*)?", re.DOTALL)
HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
DROPPED_HEADERS = {"connection", "content-length", "transfer-encoding", "server", "date"}


class MalformedResult(Exception):
    """The handler's result is not a valid response; API Gateway answers 500."""


def new_request_id() -> str:
    """An id in API Gateway's form: 16 characters of base64 that end with `=`."""
    return b64encode(uuid.uuid4().bytes[:11]).decode().replace("/", "_").replace("+", "-")


def header_fields(request: web.Request) -> dict[str, str]:
    """Header fields by lower-case name, without cookies; repeated fields are joined by commas."""
    fields = ((name.lower(), value) for name, value in request.headers.items())
    return _joined((name, value) for name, value in fields if name not in {"cookie", "connection"})


def make_event(
    request: web.Request,
    headers: Mapping[str, str],
    body: bytes,
    route: Route,
    parameters: Mapping[str, str],
    authorizer: Mapping[str, Any] | None,
    request_id: str,
    template: Template,
) -> dict[str, Any]:
    raw_path, _, raw_query = request.raw_path.partition("?")
    context = _context(request, headers, route, request_id, template)
    if authorizer is not None:
        context["authorizer"] = authorizer
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": route.key,
        "rawPath": unquote(raw_path),
        "rawQueryString": raw_query,
        "headers": {**headers, **_added(headers, request.remote or "127.0.0.1")},
        "requestContext": context,
        "isBase64Encoded": False,
    }
    if cookies := request.headers.getall("cookie", []):
        event["cookies"] = [part.strip() for cookie in cookies for part in cookie.split(";")]
    if raw_query:
        event["queryStringParameters"] = _joined(parse_qsl(raw_query, keep_blank_values=True))
    if template.stage_variables:
        event["stageVariables"] = template.stage_variables
    if parameters:
        event["pathParameters"] = dict(parameters)
    if body:
        event["body"], event["isBase64Encoded"] = _encoded(body, headers.get("content-type", ""))
    return event


def _added(headers: Mapping[str, str], source_ip: str) -> dict[str, str]:
    """Returns the header fields that the gateway adds or sets."""
    passed = f"{headers['x-forwarded-for']}, " if "x-forwarded-for" in headers else ""
    root = f"Root=1-{int(time.time()):08x}-{uuid.uuid4().hex[:24]}"
    return {
        "x-amzn-trace-id": headers.get("x-amzn-trace-id", root),
        "x-forwarded-for": f"{passed}{source_ip}",
        "x-forwarded-port": "443",
        "x-forwarded-proto": "https",
    }


def _context(
    request: web.Request, headers: Mapping[str, str], route: Route, request_id: str, template: Template
) -> dict[str, Any]:
    """`requestContext` without the authorizer's part."""
    now, host = time.time(), host_name(headers.get("host", "")) or "localhost"
    return {
        "accountId": "123456789012",
        "apiId": "local",
        "domainName": host,
        "domainPrefix": host.partition(".")[0],
        "http": {
            "method": request.method,
            "path": unquote(request.raw_path.partition("?")[0]),
            "protocol": "HTTP/1.1",
            "sourceIp": request.remote or "127.0.0.1",
            "userAgent": headers.get("user-agent", ""),
        },
        "requestId": request_id,
        "routeKey": route.key,
        "stage": template.stage,
        "time": time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime(now)),
        "timeEpoch": int(now * 1000),
    }


def _joined(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    joined: dict[str, str] = {}
    for name, value in pairs:
        joined[name] = f"{joined[name]},{value}" if name in joined else value
    return joined


def _encoded(body: bytes, content_type: str) -> tuple[str, bool]:
    with suppress(UnicodeDecodeError):
        if TEXT_TYPES.fullmatch(content_type.lower()):
            return body.decode(), False
    return b64encode(body).decode(), True


def make_response(result: Any) -> web.Response:
    """Errors: MalformedResult."""
    try:
        if not (isinstance(result, dict) and "statusCode" in result):
            # Inferred: anything else is the body of a 200.
            body = result if isinstance(result, str) else json.dumps(result)
            return web.Response(body=body.encode(), content_type="application/json")
        status, content = int(result["statusCode"]), _content(result)
        headers = CIMultiDict(
            (name, _field(name, value))
            for name, value in (result.get("headers") or {}).items()
            if name.lower() not in DROPPED_HEADERS and value is not None
        )
        for cookie in list(result.get("cookies") or []):
            headers.add("Set-Cookie", _field("Set-Cookie", cookie))
        if content:
            headers.setdefault("Content-Type", "text/plain;charset=UTF-8")
        if not 200 <= status <= 599:
            raise ValueError(status)
        return web.Response(status=status, body=content, headers=headers)
    except (TypeError, ValueError, AttributeError) as error:
        raise MalformedResult from error


def _content(result: Mapping[str, Any]) -> bytes:
    """The body's bytes. Errors: ValueError, TypeError, AttributeError."""
    body, encoded = result.get("body") or "", result.get("isBase64Encoded")
    if str(encoded).lower() not in ("true", "false", "none"):
        raise ValueError(encoded)
    is_base64 = str(encoded).lower() == "true"
    return b64decode("".join(body.split()), validate=True) if is_base64 else body.encode()


def _field(name: str, value: Any) -> str:
    """A header's value as it is sent. Errors: ValueError for a name or a value that HTTP does not allow."""
    field = str(value).lower() if isinstance(value, bool) else str(value)
    field.encode()
    if isinstance(value, list | dict) or not HEADER_NAME.fullmatch(name) or set("\r\n\0") & set(field):
        raise ValueError(name)
    return field
