"""Surrounds every answer of a function: its request id, its log line, its headers, the error body."""

import time
from collections.abc import Awaitable, Callable

from shared.http.errors import PayloadTooLarge, as_api_error, error_response
from shared.http.event import NO_STORE, SECURITY_HEADERS
from shared.http.rate_limit import admit, set_rate_limit
from shared.redis.cache import begin_request
from shared.runtime.observability import count, logger
from shared.runtime.settings import settings

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Scope

MAX_BODY = 2**20  # bytes
MAX_USER_AGENT = 200  # characters of it in the log


class Replay(Exception):
    """Raised to roll the request back and answer with what an earlier, equal one was answered."""

    def __init__(self, response: Response) -> None:
        self.response = response


async def enveloped(request: Request, serve: Callable[[Request], Awaitable[Response]]) -> Response:
    """Returns the answer of `serve`, or the error body, with the headers of every answer, and logs it."""
    started = time.perf_counter()
    scope = request.scope
    _name_in_logs(scope)
    try:
        _admit(scope)
        response = await serve(request)
    except Replay as replay:
        response = replay.response
    except Exception as error:
        response = _answer(error, scope)
    _set_headers(response.headers, response.status_code, scope)
    _log(scope, response.status_code, started)
    return response


async def refuse_route(request: Request, error: Exception) -> Response:
    """Answers a request that the router refuses: 404 and 405, which only direct invocations get."""

    async def refuse(_: Request) -> Response:
        raise error

    return await enveloped(request, refuse)


def _name_in_logs(scope: Scope) -> None:
    """Adds the request's id to every log line until the next request: there is one at a time."""
    logger().append_keys(request_id=scope["aws.request_id"])


def _admit(scope: Scope) -> None:
    if settings().origin_secrets:
        from shared.http.edge import require_cloudfront  # which nothing loads where there is no edge

        require_cloudfront(scope["aws.event"])
    begin_request(scope["aws.event"])
    admit(scope)
    # The bytes that came: a Content-Length may say anything.
    if scope["aws.body_size"] > MAX_BODY:
        raise PayloadTooLarge


def _answer(error: Exception, scope: Scope) -> Response:
    known = as_api_error(error)
    if known.status >= 500:
        logger().error(known.log_message, exc_info=error)
        count("ServerErrors", release=settings().release)  # which a canary stops at
    return error_response(known, scope["aws.request_id"])


def _set_headers(headers: MutableHeaders, status: int, scope: Scope) -> None:
    headers["X-Request-Id"] = scope["aws.request_id"]
    headers.update(SECURITY_HEADERS)
    if "Cache-Control" not in headers:
        _set_cache_control(headers, status, scope)
    set_rate_limit(headers, scope)


def _set_cache_control(headers: MutableHeaders, status: int, scope: Scope) -> None:
    """Lets callers keep what was read, to ask for it by its ETag (RFC 9111). Nobody keeps anything else."""
    if scope["method"] != "GET" or status >= 400:
        headers["Cache-Control"] = NO_STORE
    elif scope["state"].get("private"):
        headers["Cache-Control"] = "private, no-cache"
    else:
        headers["Cache-Control"] = "no-cache"
        headers.add_vary_header("Origin")  # the gateway adds what CORS asks for, by the caller's origin


def mark_private(request: Request) -> None:
    """Notes that the answer depends on the caller, so that no shared cache may keep it."""
    request.state.private = True


def _log(scope: Scope, status: int, started: float) -> None:
    """Names the caller by the token's subject, which is no personal data by itself."""
    duration = round((time.perf_counter() - started) * 1000, 1)
    event = scope["aws.event"]
    user_agent = event["requestContext"]["http"].get("userAgent")
    if user_agent:  # the stream of the log takes no lone surrogate
        user_agent = user_agent[:MAX_USER_AGENT].encode("utf-8", "backslashreplace").decode()
    logger().info(
        event["routeKey"],
        status=status,
        duration_ms=duration,
        sub=scope.get("aws.sub"),
        user_agent=user_agent,
    )
