"""The fast path answers as the ordinary way does, byte for byte."""

import asyncio
import sys
from collections.abc import Callable, Iterator
from typing import Any

from shared.http import PathId, lambda_handler, one_route_app
from shared.http import app as app_module
from shared.http.errors import AlreadyExists, Conflict
from shared.http.event import HttpApi
from shared.http.fast_path import EagerLoop, fast_path

import pytest
from fastapi import FastAPI
from mangum import Mangum

from tests.http.apps import APPS, ROUTE_TABLE, route_of
from tests.sample import update_gadget
from tests.support.client import ROOT, Client, Context, make_event
from tests.support.rate_limit_headers import left
from tests.support.redis_server import SetEnv

type BothWays = Callable[[FastAPI, dict[str, Any]], list[Any]]


@pytest.fixture
def both_ways() -> Iterator[BothWays]:
    """The answer of the fast path, then that of the ordinary one."""
    loop = EagerLoop()

    def call(app: FastAPI, event: dict[str, Any]) -> list[Any]:
        mangum = Mangum(app, lifespan="off", custom_handlers=[HttpApi])
        return [fast_path(app, loop)(HttpApi(event, Context(), mangum.config)), mangum(event, Context())]

    yield call
    loop.close()


def app_of(endpoint: Any, method: str = "GET", path: str = "/things/{id}") -> FastAPI:
    app = one_route_app()
    app.add_api_route(path, endpoint, methods=[method])
    return app


def event_of(operation: str, path: str, **options: Any) -> dict[str, Any]:
    row = ROUTE_TABLE[operation]
    return make_event(row["method"], row["path"], path, **options)


@pytest.mark.parametrize("operation", sorted(APPS))
@pytest.mark.parametrize("query", ["", "?colour=red", "?limit=0"])
def test_every_route_answers_alike(api: Client, both_ways: BothWays, operation: str, query: str) -> None:
    path = ROUTE_TABLE[operation]["path"].replace("{id}", "7") + query
    for claims in (api.claims, None):
        event = event_of(
            operation, path, claims=claims, body=b"{" if operation.startswith("create") else None
        )
        answers = both_ways(APPS[operation].dependency_overrides_provider, event)
        assert answers[0] == answers[1]
        assert answers[0]["headers"]["x-request-id"] == event["requestContext"]["requestId"]


def test_an_answer_without_content_has_no_content_type(both_ways: BothWays) -> None:
    async def delete_thing(id: PathId) -> None: ...  # noqa: A002

    app = one_route_app()
    app.add_api_route("/things/{id}", delete_thing, methods=["DELETE"], status_code=204)
    one, other = both_ways(app, make_event("DELETE", "/things/{id}", "/things/1"))
    assert one == other
    assert one["statusCode"] == 204
    assert "content-type" not in one["headers"]


def test_an_answer_of_the_database_is_alike(api: Client, both_ways: BothWays) -> None:
    created = api.post("/api/v1/gadgets", json={"name": "naïve \U0001f600", "description": "\u2028"})
    app = route_of("get_gadget").dependency_overrides_provider
    for headers in ({}, {"If-None-Match": created.headers["etag"]}, {"If-None-Match": '"other"'}):
        event = event_of("get_gadget", "/api/v1/gadgets/1", claims=api.claims, headers=headers)
        one, other = both_ways(app, event)
        assert one == other
    assert one["body"] == created.body.decode()


@pytest.mark.parametrize(
    "error", [AlreadyExists("name"), RuntimeError("secret"), ExceptionGroup("g", [OSError()])]
)
def test_an_error_is_alike(both_ways: BothWays, error: Exception) -> None:
    async def endpoint(thing_id: PathId) -> None:
        raise error

    one, other = both_ways(app_of(endpoint), make_event("GET", "/things/{id}", "/things/7"))
    assert one == other
    assert one["statusCode"] >= 400
    assert "secret" not in one["body"]


def test_what_runs_again_is_alike(both_ways: BothWays) -> None:
    runs: list[int] = []

    async def endpoint(thing_id: PathId) -> dict[str, int]:
        runs.append(thing_id)
        if len(runs) % 3:
            raise Conflict
        return {"id": thing_id}

    one, other = both_ways(app_of(endpoint), make_event("GET", "/things/{id}", "/things/7"))
    assert one == other
    assert (one["statusCode"], len(runs)) == (200, 6)


def test_a_body_over_the_limit_is_refused_alike(both_ways: BothWays, api: Client) -> None:
    event = event_of("create_gadget", "/api/v1/gadgets", claims=api.claims, body=b"x" * (2**20 + 1))
    one, other = both_ways(route_of("create_gadget").dependency_overrides_provider, event)
    assert one == other
    assert one["statusCode"] == 413


def test_a_limit_is_told_and_kept_alike(both_ways: BothWays, api: Client, set_env: SetEnv) -> None:
    app = route_of("get_gadget").dependency_overrides_provider
    set_env(RATE_LIMIT="3")
    seen = []
    for claims in (api.claims, None):
        for answer in both_ways(app, event_of("get_gadget", "/api/v1/gadgets/7", claims=claims)):
            headers = answer["headers"]
            seen.append((answer["statusCode"], left(headers), "retry-after" in headers))
            assert headers["ratelimit-policy"] == '"default";q=3;w=60'
    assert seen == [(404, 2, False), (404, 1, False), (401, 0, False), (429, 0, True)]


@pytest.mark.parametrize("parameters", [{"id": 7}, {"id": ""}, {"id": "a/b"}, {"id": "7", "other": None}])
def test_odd_path_parameters_are_answered_alike(
    api: Client, both_ways: BothWays, parameters: dict[str, Any]
) -> None:
    event = event_of("get_gadget", "/api/v1/gadgets/7", claims=api.claims) | {"pathParameters": parameters}
    app = route_of("get_gadget").dependency_overrides_provider
    one, other = both_ways(app, event)
    assert one in (None, other)
    assert other["statusCode"] in {404, 422}


def test_another_routes_event_goes_the_ordinary_way(both_ways: BothWays) -> None:
    async def endpoint(thing_id: PathId) -> None: ...

    for method, path in (("PUT", "/things/{id}"), ("GET", "/others/{id}")):
        fast_answer, answer = both_ways(app_of(endpoint), make_event(method, path, path.replace("{id}", "7")))
        assert fast_answer is None
        assert answer["statusCode"] in {404, 405}


def test_an_endpoint_may_wait(both_ways: BothWays) -> None:
    async def endpoint(thing_id: PathId) -> dict[str, int]:
        async with asyncio.timeout(60):
            await asyncio.gather(asyncio.sleep(0), asyncio.sleep(0))
        return {"id": thing_id}

    one, other = both_ways(app_of(endpoint), make_event("GET", "/things/{id}", "/things/7"))
    assert one == other
    assert one["body"] == '{"id":7}'


@pytest.mark.parametrize("setting", ["true", "false"])
def test_a_handler_takes_the_fast_path_unless_it_is_off(
    set_env: SetEnv, monkeypatch: pytest.MonkeyPatch, setting: str
) -> None:
    set_env(FAST_PATH=setting)
    monkeypatch.setattr(app_module, "_event_loop", app_module._event_loop.__wrapped__)
    seen: list[bool] = []

    async def endpoint(thing_id: PathId) -> None:
        frames, frame = [], sys._getframe()
        while frame:
            frames.append(frame.f_code.co_filename)
            frame = frame.f_back
        seen.append(any("mangum" in name for name in frames))

    lambda_handler(app_of(endpoint))(make_event("GET", "/things/{id}", "/things/7"), None)
    assert seen == [setting == "false"]


def test_a_warm_update_passes_through_at_most_sixteen_files(api: Client, set_env: SetEnv) -> None:
    """The route's own file counts too. Each file is one more to read for a person who follows a request."""
    set_env(RATE_LIMIT="100")
    gadget = f"/api/v1/gadgets/{api.post('/api/v1/gadgets', json={'name': 'pen'}).json()['id']}"
    assert api.put(gadget, json={"name": "first"}).status == 200
    event = make_event("PUT", "/api/v1/gadgets/{id}", gadget, json={"name": "warm"}, claims=api.claims)
    files: set[str] = set()
    sys.setprofile(lambda frame, *_: files.add(frame.f_code.co_filename))
    try:
        answer = update_gadget.handler(event, Context())
    finally:
        sys.setprofile(None)
    assert answer["statusCode"] == 200
    ours = {str(file) for folder in ("shared", "tests/sample") for file in (ROOT / folder).rglob("*.py")}
    assert len(ours & files) <= 16, sorted(ours & files)
