"""The straight way from the event to the route, past Mangum's cycle, Starlette's middleware and its router.

It serves the app's only route; any other event is None here, and goes the ordinary way. It leans on three
names in FastAPI's request scope. Gain: a third of the framework's time in a warm call (`make bench` measures
anew). Off without `LEAN_START=true`.
"""

from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Any

from shared.http.body import JsonRequest
from shared.http.event import HttpApi
from shared.http.event_loop import EagerLoop

from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.routing import Match

EXIT_STACKS = ("fastapi_middleware_astack", "fastapi_inner_astack", "fastapi_function_astack")

type Straight = Callable[[HttpApi], dict[str, Any] | None]


def straight(app: FastAPI, loop: EagerLoop) -> Straight:
    """The function's result for an event, None where it is not one of the app's only route."""
    [route] = app.routes
    assert isinstance(route, APIRoute)
    serve = route.get_route_handler()

    def respond(http: HttpApi) -> dict[str, Any] | None:
        scope = http.scope
        match, matched = route.matches(scope)
        if match is not Match.FULL:
            return None
        unused = AsyncExitStack()  # of `yield` dependencies, which are none here
        scope.update(matched, app=app, route=route, **dict.fromkeys(EXIT_STACKS, unused))

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": http.body, "more_body": False}

        response = loop.run(serve(JsonRequest(scope, receive)))
        headers = [list(header) for header in response.raw_headers]
        return http({"status": response.status_code, "headers": headers, "body": bytes(response.body)})

    return respond
