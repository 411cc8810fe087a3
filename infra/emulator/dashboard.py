"""The dashboard at `/_local`: routes, calls and workers, live, for the person at this machine.

It is a page of plain files in `static/`, its state as JSON, a stream of events, and actions. It is no part of
the API. The program that starts the gateway may add panels.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from aiohttp import web

from infra.emulator import hosts
from infra.emulator.command_error import CommandError
from infra.emulator.model import Template
from infra.emulator.runtime import Runtime

PREFIX = "/_local"
STATIC = Path(__file__).parent / "static"
TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript"}
FORWARDED = {"Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-Ip"}
KEEP_ALIVE = 15  # seconds without an event, after which a comment keeps the stream open
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


@dataclass(frozen=True)
class Action:
    """A button. `run(value)` returns the text to show; `choices` are suggested values."""

    name: str
    label: str
    run: Callable[[str], Awaitable[str]]
    choices: Callable[[], Sequence[str]] | None = None
    is_token: bool = False  # the result is an access token, which the page uses for its own calls


@dataclass(frozen=True)
class Panel:
    """`rows()` returns names and values, never passwords."""

    name: str
    title: str
    rows: Callable[[], Sequence[tuple[str, str]]]
    actions: tuple[Action, ...] = ()


class Dashboard:
    def __init__(
        self, runtime: Runtime, template: Callable[[], Template], panels: Sequence[Panel] = ()
    ) -> None:
        self._runtime, self._template, self._panels = runtime, template, panels

    def takes(self, request: web.Request) -> bool:
        return f"{request.path}/".startswith(f"{PREFIX}/")

    async def serve(self, request: web.Request) -> web.StreamResponse:
        if not is_at_this_machine(request):
            return _json({"message": "Not Found"}, 404)
        match (request.method, request.path.removeprefix(PREFIX).strip("/").split("/")):
            case ("GET", [""]):
                return _file("page.html")
            case ("GET", [name]) if name in {each.name for each in STATIC.glob("*.[cj]s*")}:
                return _file(name)
            case ("GET", ["state"]) if is_same_origin(request):
                return _json(self._state())
            case ("GET", ["calls", call_id]) if is_same_origin(request):
                details = self._runtime.activity.details(call_id)
                return _json(details or {"message": "Not Found"}, 200 if details else 404)
            case ("GET", ["events"]) if is_same_origin(request):
                return await self._stream(request)
            case ("POST", ["actions", panel, action]) if is_same_origin(request, posting=True):
                return await self._act(request, panel, action)
        return _json({"message": "Not Found"}, 404)

    def _state(self) -> dict[str, Any]:
        functions = self._template().functions
        return {
            "routes": [
                asdict(route) | {"handler": functions[route.function].handler}
                for route in self._template().routes
            ],
            "workers": [
                {
                    "function": worker.function.name,
                    "state": worker.state.name.lower(),
                    "process": worker.process.pid if worker.process else None,
                }
                for worker in self._runtime.pool.workers
            ],
            "calls": self._runtime.activity.calls(),
            "panels": [_described(panel) for panel in self._panels],
        }

    async def _act(self, request: web.Request, panel: str, name: str) -> web.Response:
        for action in (each for one in self._panels if one.name == panel for each in one.actions):
            if action.name == name:
                try:
                    given = str(json.loads(await request.read())["value"])
                    if not given.isprintable():
                        raise ValueError
                    answer = {"result": await action.run(given)}
                except (ValueError, KeyError, TypeError, RecursionError):
                    return _json({"message": 'send {"value": "..."}'}, 400)
                except CommandError as error:
                    return _json({"message": str(error)}, 409)
                self._runtime.activity.publish("state")
                return _json(answer)
        return _json({"message": "Not Found"}, 404)

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers=HEADERS | {"Content-Type": "text/event-stream"})
        await response.prepare(request)
        with self._runtime.activity.read() as events:
            await response.write(b": the stream is open\n\n")
            while True:
                try:
                    async with asyncio.timeout(KEEP_ALIVE):
                        event = await events.get()
                except TimeoutError:
                    await response.write(b": still here\n\n")
                    continue
                data = json.dumps(event["data"], separators=(",", ":"))
                await response.write(f"event: {event['event']}\ndata: {data}\n\n".encode())


def _described(panel: Panel) -> dict[str, Any]:
    actions = [
        vars(action) | {"choices": action.choices and action.choices(), "run": None}  # which JSON cannot hold
        for action in panel.actions
    ]
    return vars(panel) | {"rows": panel.rows(), "actions": actions}


def is_at_this_machine(request: web.Request) -> bool:
    """Accepts a loopback peer with a loopback Host that is no proxy or tunnel for another machine."""
    named = request.headers.getall("Host", [])
    is_named = len(named) == 1 and is_loopback_host(named[0])
    return is_named and is_loopback(request.remote or "") and not FORWARDED & set(request.headers)


def is_loopback(name: str) -> bool:
    found = hosts.address(name)
    return found is not None and found.is_loopback


def is_loopback_host(header: str) -> bool:
    name = hosts.host_name(header) or ""
    return hosts.is_localhost(name) or is_loopback(name)


def is_same_origin(request: web.Request, *, posting: bool = False) -> bool:
    """Accepts requests of the page itself and of programs that are no browser, but of no other page.

    A browser sends the origin of each POST, and Sec-Fetch-Site with each request. `posting` also requires
    JSON, which no form sends.
    """
    if request.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
        return False
    origin = request.headers.get("Origin")
    if origin is not None and origin.partition("://")[2] != request.headers["Host"]:
        return False
    return not posting or (origin is not None and request.content_type == "application/json")


def _file(name: str) -> web.Response:
    file = STATIC / name
    return web.Response(
        body=file.read_bytes(), content_type=TYPES[file.suffix], charset="utf-8", headers=HEADERS
    )


def _json(body: Any, status: int = 200) -> web.Response:
    return web.json_response(body, status=status, headers=HEADERS)
