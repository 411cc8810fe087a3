"""A route: how its body is read, and until when what its dependencies opened stays open."""

from collections.abc import Callable, Coroutine
from contextlib import AbstractContextManager, ExitStack
from typing import Any

from shared.http.body import JsonRequest

from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response


class Route(APIRoute):
    """Source: FastAPI's manual, "Custom Request and APIRoute"."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        serve = super().get_route_handler()

        async def handle(request: Request) -> Response:
            with ExitStack() as opened:
                request.scope["opened"] = opened
                return await serve(JsonRequest(request.scope, request.receive))

        return handle


def keep_open[T](request: Request, manager: AbstractContextManager[T]) -> T:
    """Enter `manager`; it is left, with the route's error if there is one, before the answer goes out.

    What a `yield` dependency does, without a task's cancel scope around it.
    """
    opened: ExitStack = request.scope["opened"]
    return opened.enter_context(manager)
