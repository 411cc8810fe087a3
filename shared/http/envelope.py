"""What surrounds every answer of a function: its request id, its log line, the error body."""

import time
from typing import Any

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.http.errors import ApiError, DatabaseFailure, PayloadTooLarge, as_api_error, error_response
from shared.observability import logger

MAX_BODY = 2**20  # bytes


class Envelope:
    """ASGI middleware. Outermost, so that an error which no handler knows is answered here too."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = time.perf_counter()
        request_id = _request_id(scope)
        status = 0

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["X-Request-Id"] = request_id
            await send(message)

        with logger().append_context_keys(request_id=request_id):
            try:
                if _body_size(scope["aws.event"]) > MAX_BODY:
                    raise PayloadTooLarge
                await self._app(scope, receive, send_with_id)
            except Exception as error:
                await _answer(error, scope)(scope, receive, send_with_id)
            logger().info(
                scope["aws.event"]["routeKey"],
                status=status,
                duration_ms=round((time.perf_counter() - started) * 1000, 1),
            )


async def respond_to_error(request: Request, error: Exception) -> Response:
    """The exception handler of every app."""
    return _answer(error, request.scope)


def _answer(error: Exception, scope: Scope) -> Response:
    shown = as_api_error(error)
    if shown.status >= 500:
        logger().error(_log_message(shown), exc_info=error)
    return error_response(shown, _request_id(scope))


def _log_message(error: ApiError) -> str:
    return error.log_message if isinstance(error, DatabaseFailure) else error.message


def _body_size(event: dict[str, Any]) -> int:
    """The body's bytes, of the event itself: a Content-Length may say anything."""
    body = event.get("body") or ""
    if event.get("isBase64Encoded"):
        return len(body) * 3 // 4 - body[-2:].count("=")
    return len(body.encode())


def _request_id(scope: Scope) -> str:
    context: dict[str, Any] = scope["aws.event"]["requestContext"]
    return str(context["requestId"])
