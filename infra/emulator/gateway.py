"""API Gateway's HTTP API on one machine: routes, authorizers, CORS, throttle, its own answers."""

import asyncio
import json
import re
import time
from contextlib import suppress
from typing import Any
from urllib.parse import unquote

from aiohttp import web

from infra.emulator.authorizer import Forbidden, JwtAuthorizer, Unauthorized
from infra.emulator.events import MalformedResult, make_event, make_response, new_request_id
from infra.emulator.runtime import FunctionError, Runtime, Throttled
from infra.emulator.template import Cors, Route, Template

MAX_REQUEST = 10 * 2**20  # bytes, API Gateway's
MAX_PAYLOAD = 6 * 2**20  # bytes each way, Lambda's
INTEGRATION_TIMEOUT = 30  # seconds, API Gateway's


class Gateway:
    def __init__(self, template: Template, runtime: Runtime) -> None:
        self._runtime = runtime
        self.use(template)

    def use(self, template: Template) -> None:
        """Serve this template from now on."""
        self.template = template
        self._routes = [(_pattern(route.path), route) for route in template.routes]
        self._authorizers = {name: JwtAuthorizer(config) for name, config in template.authorizers.items()}
        self._throttle = Throttle(template.rate, template.burst)

    def app(self) -> web.Application:
        app = web.Application(client_max_size=MAX_REQUEST)
        app.router.add_route("*", "/{path:.*}", self._serve)
        app.on_response_prepare.append(_drop_server_header)
        return app

    async def _serve(self, request: web.Request) -> web.Response:
        request_id = new_request_id()
        origin = request.headers.get("Origin")
        cors = self.template.cors
        if (
            request.method == "OPTIONS"
            and cors
            and origin
            and "Access-Control-Request-Method" in request.headers
        ):
            response = web.Response(status=204, headers=_preflight(cors, origin))
        else:
            response = await self._answer(request, request_id)
            if cors:
                _replace_cors(response, cors, origin)
        response.headers["Apigw-Requestid"] = request_id
        return response

    async def _answer(self, request: web.Request, request_id: str) -> web.Response:
        found = self._match(request.method, unquote(request.raw_path.partition("?")[0]))
        if found is None:
            return _message(404, "Not Found")
        route, parameters = found
        if not self._throttle.admits():
            return _message(429, "Too Many Requests")
        authorizer = None
        if route.authorizer is not None:
            try:
                authorizer = await self._authorizers[route.authorizer].authorize(
                    request.headers.get("Authorization"), route.scopes
                )
            except Unauthorized as error:
                return _unauthorized(str(error))
            except Forbidden:
                return _message(403, "Forbidden")
        try:
            body = await request.read()
        except web.HTTPRequestEntityTooLarge:
            return _message(413, "Request Entity Too Large")
        event = make_event(request, body, route, parameters, authorizer, request_id)
        return await self._invoke(route, event)

    async def _invoke(self, route: Route, event: dict[str, Any]) -> web.Response:
        if len(event.get("body", "")) > MAX_PAYLOAD:
            return _message(413, "Request Entity Too Large")
        try:
            async with asyncio.timeout(INTEGRATION_TIMEOUT):
                result = await self._runtime.invoke(self.template.functions[route.function], event)
            if len(json.dumps(result)) > MAX_PAYLOAD:
                return _message(500, "Internal Server Error")
            return make_response(result)
        except FunctionError as error:
            return _message(500, "Internal Server Error", **_syntax_error(error))
        except MalformedResult:
            return _message(500, "Internal Server Error")
        except (Throttled, TimeoutError):
            return _message(503, "Service Unavailable")

    def _match(self, method: str, path: str) -> tuple[Route, dict[str, str]] | None:
        """The most specific route: literal segments before parameters, parameters before `{name+}`.

        `path` is decoded, so an encoded slash divides segments.
        """
        matches = [
            (route, match)
            for pattern, route in self._routes
            if route.method in (method, "ANY") and (match := pattern.fullmatch(path))
        ]
        if not matches:
            return None
        route, match = min(matches, key=lambda found: _priority(found[0]))
        return route, match.groupdict()


class Throttle:
    """A token bucket, as the stage's: `rate` requests a second, `burst` at once; None is no limit."""

    def __init__(self, rate: float | None, burst: int | None) -> None:
        self._rate, self._burst = rate, burst
        self._tokens, self._at = float(burst or 0), time.monotonic()

    def admits(self) -> bool:
        if self._rate is None or self._burst is None:
            return True
        now = time.monotonic()
        self._tokens = min(self._burst, self._tokens + (now - self._at) * self._rate)
        self._at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True


def _pattern(path: str) -> re.Pattern[str]:
    parts = re.split(r"\{(\w+)(\+?)\}", path)
    pattern = re.escape(parts[0])
    for name, greedy, literal in zip(parts[1::3], parts[2::3], parts[3::3], strict=True):
        pattern += f"(?P<{name}>{'.+' if greedy else '[^/]+'})" + re.escape(literal)
    return re.compile(pattern)


def _priority(route: Route) -> tuple[object, ...]:
    segments = ((2 if "+}" in segment else 1 if "{" in segment else 0) for segment in route.path.split("/"))
    return (*segments, route.method == "ANY")


def _syntax_error(error: FunctionError) -> dict[str, str]:
    """Its place, for the person who has just saved the file; code that does not compile is never deployed."""
    with suppress(ValueError, KeyError, TypeError):
        report = json.loads(str(error))
        if report["errorType"] == "Runtime.UserCodeSyntaxError":
            return {"error": report["errorMessage"]}
    return {}


def _message(status: int, message: str, **more: str) -> web.Response:
    body = json.dumps({"message": message} | more, separators=(",", ":")).encode()
    return web.Response(status=status, body=body, content_type="application/json")


def _unauthorized(description: str) -> web.Response:
    response = _message(401, "Unauthorized")
    challenge = f'Bearer scope="" error="invalid_token" error_description="{description}"'
    response.headers["WWW-Authenticate"] = challenge if description else "Bearer"
    return response


def _cors(cors: Cors, origin: str) -> dict[str, str]:
    headers = {"Access-Control-Allow-Origin": origin, "Access-Control-Expose-Headers": ",".join(cors.exposed)}
    return headers | ({"Access-Control-Allow-Credentials": "true"} if cors.credentials else {})


def _replace_cors(response: web.Response, cors: Cors, origin: str | None) -> None:
    """Where the API has a CORS configuration, the function's own headers do not count."""
    for name in [name for name in response.headers if name.lower().startswith("access-control-")]:
        del response.headers[name]
    if origin in cors.origins:
        response.headers.update(_cors(cors, str(origin)))


def _preflight(cors: Cors, origin: str) -> dict[str, str]:
    if origin not in cors.origins:
        return {}
    headers = _cors(cors, origin) | {
        "Access-Control-Allow-Methods": ",".join(cors.methods),
        "Access-Control-Allow-Headers": ",".join(name.lower() for name in cors.headers),
    }
    return headers | ({"Access-Control-Max-Age": str(cors.max_age)} if cors.max_age is not None else {})


async def _drop_server_header(request: web.Request, response: web.StreamResponse) -> None:
    response.headers.pop("Server", None)
