"""The API Gateway event (HTTP API, payload format 2.0) as an ASGI request.

A handler of our own for Mangum, since its own one decodes the path a second time (`%252e` becomes `.`)
and fails on unusual Host and X-Forwarded-Port headers. Nothing here is taken from Host.
"""

import re
import socket
from base64 import b64decode
from collections.abc import Mapping
from typing import Any

from shared.http.errors import ApiError, error_response
from shared.runtime.settings import settings

from mangum.handlers import HTTPGateway
from mangum.types import LambdaConfig, LambdaContext, LambdaEvent, Response, Scope

# On every answer of a function. No includeSubDomains and no preload: other names of the domain are not ours.
SECURITY_HEADERS = {
    "strict-transport-security": "max-age=31536000",  # a year, RFC 6797
    "x-content-type-options": "nosniff",
}
NO_STORE = "no-store"
IPV4_IN_IPV6 = bytes(10) + b"\xff\xff"


class InvalidEvent(ApiError):
    status, code = 400, "invalid_event"
    message = "The event is not one of an API Gateway HTTP API, payload format 2.0"


class HttpApi(HTTPGateway):
    """Reads the whole event when it is made. Errors: InvalidEvent."""

    def __init__(self, event: LambdaEvent, context: LambdaContext, config: LambdaConfig) -> None:
        super().__init__(event, context, config)
        try:
            self._body = _body_of(event)
            self._scope = _scope_of(event, context, len(self._body))
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise InvalidEvent from error

    @classmethod
    def infer(cls, event: LambdaEvent, context: LambdaContext, config: LambdaConfig) -> bool:
        return True

    def __call__(self, response: Response) -> dict[str, Any]:
        """Mangum's result; it gives every response a content type, and a 204 has no content."""
        result = super().__call__(response)
        if response["status"] == 204:
            del result["headers"]["content-type"]
        return result

    @property
    def body(self) -> bytes:
        return self._body

    @property
    def scope(self) -> Scope:
        return self._scope


def _scope_of(event: LambdaEvent, context: LambdaContext, body_size: int) -> Scope:
    match event:
        case {
            "version": "2.0",
            "routeKey": str(),
            "requestContext": {"http": {"method": str(method), "sourceIp": str(source_ip)}},
        } if _request_id(event):
            pass
        case _:
            raise InvalidEvent
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    if cookies := event.get("cookies"):
        headers["cookie"] = "; ".join(cookies)
    return {
        "type": "http",
        "http_version": "1.1",
        "method": method,
        "headers": [[_bytes(name), _bytes(value)] for name, value in headers.items()],
        "path": path_of(event),
        "raw_path": None,
        "root_path": "",
        "scheme": "https",
        "query_string": _bytes(event.get("rawQueryString") or ""),
        "server": None,
        "client": (source_ip, 0),
        "asgi": {"version": "3.0", "spec_version": "2.0"},
        "state": {},
        "aws.event": event,
        "aws.context": context,
        "aws.request_id": _request_id(event),
        "aws.body_size": body_size,
    }


def _bytes(text: str) -> bytes:
    """A byte that was no UTF-8 arrives as a lone surrogate, which the strict encoding does not know."""
    return text.encode("utf-8", "surrogatepass")


def path_of(event: LambdaEvent) -> str:
    """The route's path with its parameters, decoded once by the gateway. A `/` in one makes no segment."""
    _, _, path = str(event["routeKey"]).partition(" ")
    if "{" not in path:
        return path
    parameters = event.get("pathParameters") or {}
    return re.sub(r"\{(\w+)\}", lambda place: str(parameters[place[1]]).replace("/", "%2F"), path)


def verified_claims(event: Mapping[str, Any]) -> Mapping[str, Any]:
    """Returns the claims that the gateway has verified, empty without any."""
    authorizer = event["requestContext"].get("authorizer") or {}
    return (authorizer.get("jwt") or {}).get("claims") or {}


def client_id_of(claims: Mapping[str, Any]) -> str | None:
    """Returns the service that these verified claims are of, None for people.

    Other issuers give `client_id` a meaning of their own (RFC 9068, section 2.2), which is none here.
    """
    return None if settings().external_issuer else claims.get("client_id")


def caller_address(event: Mapping[str, Any]) -> str:
    """Returns IPv4 as it is, IPv6 by its /64, which one caller has whole. `::ffff:192.0.2.1` is 192.0.2.1.

    It is the address that the gateway saw, or CloudFront before it, never one that a caller may write.
    """
    address = event["requestContext"]["http"]["sourceIp"]
    if settings().origin_secrets:
        from shared.http.edge import viewer_address  # which nothing loads where there is no edge

        address = viewer_address(event) or address
    try:
        packed = socket.inet_pton(socket.AF_INET6, address)
    except (OSError, ValueError):
        return str(address)
    if packed.startswith(IPV4_IN_IPV6):
        return socket.inet_ntop(socket.AF_INET, packed[12:])
    return socket.inet_ntop(socket.AF_INET6, packed[:8] + bytes(8)) + "/64"


def _body_of(event: LambdaEvent) -> bytes:
    body = _bytes(event.get("body") or "")
    return b64decode(body, validate=True) if event.get("isBase64Encoded") else body


def _request_id(event: object) -> str:
    match event:
        case {"requestContext": {"requestId": str(given)}} if given.isascii() and given.isprintable():
            return given
    return ""


def invalid_event_response(error: InvalidEvent, event: object) -> dict[str, Any]:
    """The function's result where no HTTP request can be made of its event."""
    request_id = _request_id(event)
    return {
        "statusCode": error.status,
        "headers": {
            "content-type": "application/json",
            "cache-control": NO_STORE,
            "x-request-id": request_id,
            **SECURITY_HEADERS,
        },
        "body": bytes(error_response(error, request_id).body).decode(),
    }
