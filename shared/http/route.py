"""A route: it reads its input, closes what its dependencies opened, and runs again after a conflict."""

from collections.abc import Callable, Collection, Coroutine, Iterator
from contextlib import AbstractContextManager, ExitStack
from typing import Any

from shared.http.body import JsonRequest, media_type
from shared.http.entity_tags import add_etag
from shared.http.envelope import enveloped
from shared.http.errors import RetryRequest, UnsupportedMediaType, ValidationFailed
from shared.runtime.observability import count, logger

from fastapi.dependencies.models import Dependant
from fastapi.exceptions import ResponseValidationError
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response

MAX_ATTEMPTS = 3  # of a request, the first one included
MIN_TIME_LEFT_MS = 10_000  # milliseconds that a run has left: what it may wait for the database at a time


class Route(APIRoute):
    """Source: FastAPI's manual, "Custom Request and APIRoute"."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        serve = super().get_route_handler()
        takes_body = self.body_field is not None
        known = frozenset(_query_parameters(self.dependant))

        async def read(request: Request) -> Response:
            if not isinstance(request, JsonRequest):
                request = JsonRequest(request.scope, request.receive)
            if not request.app.state.any_query:
                _refuse_unknown(request.query_params, known)
            if takes_body and await request.body() and media_type(request) != "application/json":
                raise UnsupportedMediaType
            runs = 1
            while True:
                try:
                    return await _run(request, serve)
                except RetryRequest as reason:
                    count(reason.metric)
                    if runs == MAX_ATTEMPTS or not _may_run_again(request):
                        raise
                    error = str(reason.__cause__)  # the driver's, which quotes no value
                    logger().warning("The request runs again", reason=reason.metric, error=error)
                    runs += 1

        async def handle(request: Request) -> Response:
            return await enveloped(request, read)

        return handle


async def _run(request: Request, serve: Callable[[Request], Coroutine[Any, Any, Response]]) -> Response:
    """The finished answer. What was entered is left, a session with COMMIT, before it goes out."""
    with ExitStack() as opened:
        request.scope.update(opened=opened, on_answer=None)
        try:
            response = await serve(request)
        except ResponseValidationError as error:
            raise _without_values(error) from None
        if response.status_code == 204:
            del response.headers["Content-Type"]  # FastAPI's, for a body that is not there
        elif request.app.state.has_etag:
            add_etag(request, response)
        if (store := request.scope["on_answer"]) is not None:
            store(response)
        return response


def _without_values(error: ResponseValidationError) -> RuntimeError:
    """FastAPI's own message quotes what the route returned, and the error is logged."""
    problems = (f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors())
    return RuntimeError(f"the answer does not fit its response_model: {'; '.join(problems)}")


def _may_run_again(request: Request) -> bool:
    """Returns True if time is left and the app permits it. The call is admitted and counted only once."""
    left: int = request.scope["aws.context"].get_remaining_time_in_millis()
    return left >= MIN_TIME_LEFT_MS and bool(request.app.state.retry_conflicts)


def enter[T](request: Request, manager: AbstractContextManager[T]) -> T:
    """Enters `manager`; it is left, with the route's error if there is one, before the answer goes out.

    A `yield` dependency does the same with a task's cancel scope around it.
    """
    opened: ExitStack = request.scope["opened"]
    return opened.enter_context(manager)


def on_answer(request: Request, store: Callable[[Response], None]) -> None:
    """Calls `store` with the finished answer, before what was entered is left."""
    request.scope["on_answer"] = store


def _refuse_unknown(given: Collection[str], known: Collection[str]) -> None:
    if unknown := [name for name in given if name not in known]:
        raise ValidationFailed(
            [
                {"loc": ("query", name), "msg": "Unknown query parameter", "type": "extra_forbidden"}
                for name in unknown
            ]
        )


def _query_parameters(dependant: Dependant) -> Iterator[str]:
    yield from (parameter.alias for parameter in dependant.query_params)
    for dependency in dependant.dependencies:
        yield from _query_parameters(dependency)
