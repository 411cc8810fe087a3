"""The gateway's HTTP server: malformed HTTP gets a 400 of its own, and no answer names the software."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web
from aiohttp.http import HttpProcessingError

type Serve = Callable[[Any], Awaitable[web.StreamResponse]]
type Refuse = Callable[[int], web.Response]


class HttpServer(web.Server):
    """Calls `serve` for every request. aiohttp's application would reject targets that are no path.

    Such are `OPTIONS *`, CONNECT and a line break. `refuse` makes an answer from a status and its text.
    Bodies are passed on as received, compressed or not. A client that disconnects cancels its request.
    """

    def __init__(self, serve: Serve, refuse: Refuse, max_body: int, max_line: int) -> None:
        loop = asyncio.get_running_loop()

        def make_request(message: Any, payload: Any, protocol: Any, writer: Any, task: Any) -> web.Request:
            return _Request(message, payload, protocol, writer, task, loop, client_max_size=max_body)

        super().__init__(serve, request_factory=make_request, handler_cancellation=True)
        self.refuse, self._max_line = refuse, max_line

    def __call__(self) -> web.RequestHandler:
        loop = asyncio.get_running_loop()
        limits = {"max_line_size": self._max_line, "max_field_size": self._max_line}
        return _Connection(self, loop=loop, access_log=None, auto_decompress=False, **limits)


class _Request(web.Request):
    async def _prepare_hook(self, response: web.StreamResponse) -> None:
        response.headers.pop("Server", None)


class _Connection(web.RequestHandler):
    def __init__(self, server: HttpServer, **options: Any) -> None:
        super().__init__(server, **options)
        self._refuse = server.refuse

    def handle_error(self, request: Any, status: int = 500, exc: Any = None, message: Any = None) -> Any:
        """Answers malformed HTTP without a traceback, since it is the client's fault."""
        if isinstance(exc, HttpProcessingError | web.RequestPayloadError):
            response = self._refuse(400)
        else:
            super().handle_error(request, status, exc, message)  # which logs it
            response = self._refuse(500)
        response.force_close()
        return response
