"""The Lambda Runtime API (2018-06-01): workers fetch invocations from it and post their answers to it.

Each worker has a port of its own. Source: AWS Lambda developer guide, "Using the Lambda runtime API for
custom runtimes".
"""

import json
import socket
import time
import uuid

from aiohttp import web

from infra.emulator.environment import arn
from infra.emulator.pool import Pool
from infra.emulator.worker import FunctionError, Invocation, Worker

PREFIX = "/2018-06-01/runtime"
MAX_RESPONSE = 6 * 2**20 + 100  # bytes, as in Lambda's error message


class RuntimeApi:
    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._workers: dict[int, Worker] = {}
        self._sites: dict[Worker, web.SockSite] = {}
        app = web.Application(client_max_size=MAX_RESPONSE)
        app.add_routes(
            [
                web.get(f"{PREFIX}/invocation/next", self._next),
                web.post(f"{PREFIX}/invocation/{{id}}/response", self._response),
                web.post(f"{PREFIX}/invocation/{{id}}/error", self._error),
                web.post(f"{PREFIX}/init/error", self._init_error),
                web.post("/pause", self._pause),  # of our launcher, not of Lambda
            ]
        )
        # A worker that ends cancels its request for the next invocation.
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1, handler_cancellation=True)

    async def start(self) -> None:
        await self._runner.setup()

    async def stop(self) -> None:
        await self._runner.cleanup()

    async def open_port(self, worker: Worker) -> int:
        listener = socket.create_server(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        self._workers[port] = worker
        self._sites[worker] = web.SockSite(self._runner, listener)
        await self._sites[worker].start()
        return port

    async def close_port(self, worker: Worker) -> None:
        self._workers = {port: each for port, each in self._workers.items() if each is not worker}
        await self._sites.pop(worker).stop()

    def _worker(self, request: web.Request) -> Worker:
        """The worker with this port. Refuses browsers, which any page can make send requests."""
        assert request.transport is not None
        port = request.transport.get_extra_info("sockname")[1]
        is_named = request.headers.getall("Host", []) == [f"127.0.0.1:{port}"]
        if not is_named or any(name in request.headers for name in ("Origin", "Sec-Fetch-Site")):
            raise web.HTTPForbidden
        try:
            return self._workers[port]
        except KeyError:
            raise web.HTTPGone from None  # discarded a moment ago

    def _in_flight(self, request: web.Request) -> tuple[Worker, Invocation]:
        worker = self._worker(request)
        if worker.invocation is None or worker.invocation.id != request.match_info["id"]:
            error = {"errorType": "InvalidRequestID", "errorMessage": "Invalid request ID"}
            raise web.HTTPBadRequest(text=json.dumps(error), content_type="application/json")
        return worker, worker.invocation

    async def _next(self, request: web.Request) -> web.Response:
        worker = self._worker(request)
        if not worker.ready.is_set():
            worker.ready.set()
            self._pool.ready(worker)
        invocation = await worker.inbox.get()
        headers = {
            "Lambda-Runtime-Aws-Request-Id": invocation.id,
            "Lambda-Runtime-Deadline-Ms": str(int(worker.deadline * 1000)),
            "Lambda-Runtime-Invoked-Function-Arn": arn(worker.function),
            "Lambda-Runtime-Trace-Id": f"Root=1-{int(time.time()):08x}-{uuid.uuid4().hex[:24]};Sampled=0",
        }
        return web.Response(body=invocation.payload, headers=headers, content_type="application/json")

    async def _response(self, request: web.Request) -> web.Response:
        worker, invocation = self._in_flight(request)
        try:
            body = await request.read()
        except web.HTTPRequestEntityTooLarge:
            worker.retired = True  # its client gives up
            invocation.fail(FunctionError('{"errorType": "Function.ResponseSizeTooLarge"}'))
            raise
        invocation.succeed(body)
        return _accepted()

    async def _error(self, request: web.Request) -> web.Response:
        _, invocation = self._in_flight(request)
        invocation.fail(FunctionError((await request.read()).decode(errors="replace")))
        return _accepted()

    async def _init_error(self, request: web.Request) -> web.Response:
        worker = self._worker(request)
        self._pool.failed(worker, FunctionError((await request.read()).decode(errors="replace")))
        return _accepted()

    async def _pause(self, request: web.Request) -> web.Response:
        self._worker(request).pause()
        return _accepted()


def _accepted() -> web.Response:
    return web.json_response({"status": "OK"}, status=202)
