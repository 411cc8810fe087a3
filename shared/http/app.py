"""One route as one Lambda function: `one_route_app()` makes its app, `lambda_handler(app)` its handler."""

import asyncio
import atexit
from collections.abc import Callable
from functools import cache
from typing import Any

from shared.http.action import Action
from shared.http.envelope import refuse_route
from shared.http.event import HttpApi, InvalidEvent, invalid_event_response
from shared.http.fast_path import EagerLoop, fast_path
from shared.http.rate_limit import Limit, by_caller
from shared.http.route import Route
from shared.redis.client import load_client
from shared.runtime import cold_start
from shared.runtime.settings import settings
from shared.runtime.snapshot import register_hooks

from fastapi import FastAPI
from mangum import Mangum
from starlette.exceptions import HTTPException

type Handler = Callable[[Any, Any], dict[str, Any]]


def one_route_app(
    action: Action | None = None,
    limit: Limit = by_caller,
    *,
    has_etag: bool = True,
    any_query: bool = False,
    retry_conflicts: bool = True,
) -> FastAPI:
    """A FastAPI app for one route, with the API's conventions: errors, request ids, strict input.

    `action`: what the route does, in words, where they do not follow from the operation's name.
    `limit`: counts its calls. `has_etag=False`: its answers have no ETag, since they show a list, a token or
    a status. `any_query`: it ignores unknown query parameters. `retry_conflicts=False`: a call commits
    something before its end, so it is not repeated after a conflict.
    """
    app = FastAPI(
        openapi_url=None,  # one document over all functions is made at build time
        telemetry={"auto_configure": False, "tracing": False, "metrics": False, "logs": False},
        redirect_slashes=False,
        exception_handlers={HTTPException: refuse_route},
    )
    app.router.route_class = Route
    app.state.action = action
    app.state.limit = limit
    app.state.has_etag = has_etag
    app.state.any_query = any_query
    app.state.retry_conflicts = retry_conflicts
    return app


def lambda_handler(app: FastAPI) -> Handler:
    """The function that Lambda calls with API Gateway's event (HTTP API, payload format 2.0)."""
    loop = _event_loop()
    register_hooks()
    load_client()
    mangum = Mangum(app, lifespan="off", custom_handlers=[HttpApi])
    respond = fast_path(app, loop) if isinstance(loop, EagerLoop) else None
    cold_start.end()

    def handler(event: Any, context: Any) -> dict[str, Any]:
        try:
            answer = respond(HttpApi(event, context, mangum.config)) if respond else None
            return answer or mangum(event, context)
        except InvalidEvent as error:
            return invalid_event_response(error, event)

    return handler


@cache
def _event_loop() -> asyncio.AbstractEventLoop:
    """The loop that Mangum will find; having asyncio make one on demand is deprecated."""
    loop = EagerLoop() if settings().fast_path else asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    atexit.register(loop.close)
    return loop
