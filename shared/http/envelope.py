"""What surrounds every answer of a function: its request id, its log line, the error body."""

import time

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.http.caching import set_cache_control
from shared.http.errors import PayloadTooLarge, as_api_error, error_response
from shared.observability import logger

MAX_BODY = 2**20  # bytes


class Envelope:
    """ASGI middleware. Outermost, so that an error which no handler knows is answered here too."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = time.perf_counter()
        request_id = scope["aws.request_id"]
        status = 0

        async def send_enveloped(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers["X-Request-Id"] = request_id
                set_cache_control(headers, status, scope)
            await send(message)

        with logger().append_context_keys(request_id=request_id):
            try:
                # The bytes that came: a Content-Length may say anything.
                if scope["aws.body_size"] > MAX_BODY:
                    raise PayloadTooLarge
                await self._app(scope, receive, send_enveloped)
            except Exception as error:
                await _answer(error, scope)(scope, receive, send_enveloped)
            logger().info(
                scope["aws.event"]["routeKey"],
                status=status,
                duration_ms=round((time.perf_counter() - started) * 1000, 1),
            )


async def respond_to_error(request: Request, error: Exception) -> Response:
    """The exception handler of every app."""
    return _answer(error, request.scope)


def _answer(error: Exception, scope: Scope) -> Response:
    known = as_api_error(error)
    if known.status >= 500:
        logger().error(known.log_message, exc_info=error)
    return error_response(known, scope["aws.request_id"])
