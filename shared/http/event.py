"""The API Gateway event (HTTP API, payload format 2.0) as an ASGI request.

A handler of our own for Mangum, since its own one decodes the path a second time (`%252e` becomes `.`)
and fails on unusual Host and X-Forwarded-Port headers.
"""

from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from mangum.handlers import HTTPGateway
from mangum.types import LambdaConfig, LambdaContext, LambdaEvent, Scope

from shared.http.errors import ApiError, error_response


class HttpApi(HTTPGateway):
    @classmethod
    def infer(cls, event: LambdaEvent, context: LambdaContext, config: LambdaConfig) -> bool:
        return True

    @property
    def scope(self) -> Scope:
        context = self.event["requestContext"]
        headers = {name.lower(): value for name, value in (self.event.get("headers") or {}).items()}
        if cookies := self.event.get("cookies"):
            headers["cookie"] = "; ".join(cookies)
        return {
            "type": "http",
            "http_version": "1.1",
            "method": context["http"]["method"],
            "headers": [[name.encode(), value.encode()] for name, value in headers.items()],
            "path": _path(self.event),
            "raw_path": None,
            "root_path": "",
            "scheme": "https",
            "query_string": (self.event.get("rawQueryString") or "").encode(),
            "server": (context.get("domainName", "localhost"), 443),
            "client": (context["http"]["sourceIp"], 0),
            "asgi": {"version": "3.0", "spec_version": "2.0"},
            "aws.event": self.event,
            "aws.context": self.context,
        }


def _path(event: dict[str, Any]) -> str:
    """The route's path with its parameters, decoded once by the gateway. A `/` in one makes no segment."""
    _, _, path = event["routeKey"].partition(" ")
    for name, value in (event.get("pathParameters") or {}).items():
        path = path.replace(f"{{{name}}}", value.replace("/", quote("/", safe="")))
    return str(path)


class InvalidEvent(ApiError):
    status, code = 400, "invalid_event"
    message = "The event is not one of an API Gateway HTTP API, payload format 2.0"


def unreadable_event(event: Any) -> dict[str, Any] | None:
    """The answer to an event that no HTTP request can be made of, None where one can."""
    match event:
        case {
            "version": "2.0",
            "routeKey": str(),
            "requestContext": {"requestId": str(), "http": {"method": str(), "sourceIp": str()}},
        }:
            return None
    response = error_response(InvalidEvent(), request_id="")
    return {
        "statusCode": HTTPStatus.BAD_REQUEST,
        "headers": {"content-type": "application/json"},
        "body": bytes(response.body).decode(),
        "isBase64Encoded": False,
    }
