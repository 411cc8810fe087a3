"""API Gateway's HTTP API on one machine: routes, authorizers, CORS, throttling, error answers."""

import asyncio
import json
import time
from collections.abc import Collection, Sequence
from contextlib import suppress
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from aiohttp import web

from infra.emulator import hosts
from infra.emulator.activity import Call
from infra.emulator.authorizer import Forbidden, JwtAuthorizer, Unauthorized
from infra.emulator.cors import is_preflight, preflight, replace_cors
from infra.emulator.dashboard import Dashboard
from infra.emulator.environment import import_roots
from infra.emulator.events import MalformedResult, header_fields, make_event, make_response, new_request_id
from infra.emulator.http_server import HttpServer
from infra.emulator.model import DEFAULT, Route, Template
from infra.emulator.pool import Throttled
from infra.emulator.routing import Router
from infra.emulator.runtime import RequestTooLarge, Runtime
from infra.emulator.throttle import Throttle
from infra.emulator.worker import FunctionError, NotReady

MAX_REQUEST = 10 * 2**20  # bytes, API Gateway's
MAX_HEAD = 10_240  # bytes of the request line and the header values, API Gateway's
READ_HEAD = 2**16  # bytes that are read, so that it is the gateway that refuses
MESSAGES = {status.value: status.phrase for status in HTTPStatus} | {413: "Request Entity Too Large"}
MAX_SHOWN = 300  # characters of a path, in lines and on the page


class Gateway:
    """Serves a template's API, and the dashboard under its own paths."""

    def __init__(
        self,
        template: Template,
        runtime: Runtime,
        allowed_hosts: Collection[str] = (),
        dashboard: Dashboard | None = None,
    ) -> None:
        self._runtime, self._allowed_hosts, self._dashboard = runtime, allowed_hosts, dashboard
        self.use(template)

    def use(self, template: Template) -> None:
        """Serves this template from now on."""
        self.template = template
        self._router = Router(template.routes)
        self._authorizers = {name: JwtAuthorizer(config) for name, config in template.authorizers.items()}
        self._throttles = {
            route.key: Throttle(route.rate, route.burst)
            for route in template.routes
            if (route.rate, route.burst) != (None, None)
        }
        self._throttle = Throttle(template.rate, template.burst)

    def roots(self, function: str) -> Sequence[Path]:
        """The import paths of that function."""
        found = self.template.functions.get(function)
        return import_roots(found) if found else ()

    def runner(self) -> web.BaseRunner:
        """The server of the API; the caller, on the loop that serves, sets it up and adds sites."""

        async def serve(request: web.Request) -> web.StreamResponse:
            if self._dashboard is not None and self._dashboard.takes(request):
                return await self._dashboard.serve(request)
            return await self._serve(request)

        server = HttpServer(serve, _message, MAX_REQUEST, READ_HEAD)
        return web.ServerRunner(server, shutdown_timeout=1)

    async def _serve(self, request: web.Request) -> web.Response:
        request_id = new_request_id()
        origin = request.headers.get("Origin")
        cors = self.template.cors
        if not all(hosts.is_served(host, self._allowed_hosts) for host in request.headers.getall("Host", [])):
            hint = "this host name is not served here: add it to ALLOWED_HOSTS"
            response = _message(403, error=hint)
        elif cors and origin and is_preflight(request):
            response = web.Response(status=204, headers=preflight(cors, origin))
        else:
            response = await self._answer(request, request_id)
            if cors:
                replace_cors(response, cors, origin)
        response.headers["Apigw-Requestid"] = request_id
        if request.method == "CONNECT":
            response.force_close()  # the bytes after CONNECT are not HTTP
        return response

    async def _answer(self, request: web.Request, request_id: str) -> web.Response:
        """Answers and records the call; logs a line if the gateway refuses it."""
        path, _, query = request.raw_path.partition("?")
        call = Call(request_id, request.method, path[:MAX_SHOWN], query[:MAX_SHOWN])
        self._runtime.activity.begin(call)
        began = time.monotonic()
        try:
            response = await self._routed(request, call)
            call.status = response.status
        finally:  # also for a client that disconnects
            call.milliseconds = round((time.monotonic() - began) * 1000, 1)
            self._runtime.activity.changed(call)
        if call.note is not None:
            self._runtime.log(
                call.function or "Gateway", f"{call.method} {call.path} {call.status}: {call.note}"
            )
        return response

    async def _routed(self, request: web.Request, call: Call) -> web.Response:
        headers = header_fields(request)
        if len(request.raw_path) + sum(len(value) for value in request.headers.values()) > MAX_HEAD:
            return _refuse(call, 431, f"a request line and headers of more than {MAX_HEAD} bytes")
        found = self._router.match(request.method, self._in_stage(request))
        if found is None:
            return _refuse(call, 404, "no such route")
        route, parameters = found
        call.route, call.function = route.key, route.function
        throttle = self._throttles.get(route.key, self._throttle)
        if not throttle.admits():
            return _refuse(call, 429, f"more than {throttle.rate:g} calls a second")
        authorizer = None
        if route.authorizer is not None:
            try:
                authorizer = await self._authorizers[route.authorizer].authorize(headers, route.scopes)
            except Unauthorized as error:
                response = _refuse(call, 401, str(error) or "no token")
                response.headers["WWW-Authenticate"] = error.challenge
                return response
            except Forbidden:
                return _refuse(call, 403, f"the token has none of the scopes {', '.join(route.scopes)}")
        try:
            body = await request.read()
        except web.HTTPRequestEntityTooLarge:
            return _refuse(call, 413, f"a body of more than {MAX_REQUEST} bytes")
        event = make_event(request, headers, body, route, parameters, authorizer, call.id, self.template)
        return await self._invoke(route, event, call)

    def _in_stage(self, request: web.Request) -> str:
        """The path without the stage's name, which is a part of it unless the stage is $default."""
        path, stage = unquote(request.raw_path.partition("?")[0]), f"/{self.template.stage}"
        if stage == f"/{DEFAULT}":
            return path
        return (path.removeprefix(stage) or "/") if f"{path}/".startswith(f"{stage}/") else ""

    async def _invoke(self, route: Route, event: dict[str, Any], call: Call) -> web.Response:
        function = self.template.functions[route.function]
        limit = None if function.debugger else route.timeout
        try:
            async with asyncio.timeout(limit) as call.limit:
                result = await self._runtime.invoke(function, event, call)
            return make_response(result)
        except RequestTooLarge:
            return _refuse(call, 413, "an event of more bytes than Lambda takes")
        except NotReady as error:
            return _refuse(call, 503, f"its worker was {error}")
        except FunctionError as error:
            return _refuse(call, 500, "the function failed", **_syntax_error(error))
        except MalformedResult:
            return _refuse(call, 500, "the function's result is not a valid response")
        except Throttled:
            return _refuse(call, 503, f"its {function.reserved_concurrency} reserved calls are in flight")
        except TimeoutError:
            return _refuse(call, 503, f"no answer within {limit:g} s")


def _syntax_error(error: FunctionError) -> dict[str, str]:
    """The place of a syntax error, for the developer who has just saved the file.

    AWS answers without it, but code that does not compile is never deployed.
    """
    with suppress(ValueError, KeyError, TypeError):
        report = json.loads(str(error))
        if report["errorType"] == "Runtime.UserCodeSyntaxError":
            return {"error": report["errorMessage"]}
    return {}


def _refuse(call: Call, status: int, note: str, **more: str) -> web.Response:
    """The gateway's own answer; `note` says why on the page and in the log."""
    call.note = note
    return _message(status, **more)


def _message(status: int, **more: str) -> web.Response:
    body = json.dumps({"message": MESSAGES[status]} | more, separators=(",", ":")).encode()
    return web.Response(status=status, body=body, content_type="application/json")
