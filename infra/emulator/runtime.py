"""The Lambda Runtime API (2018-06-01) and the workers behind it.

A worker is one process of the real runtime client (awslambdaric) and serves one invocation at a time;
overlapping calls get more workers, up to a cap. Source: AWS Lambda developer guide, "Using the Lambda
runtime API for custom runtimes".
"""

import asyncio
import json
import re
import socket
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web

from infra.emulator.environment import arn, environment
from infra.emulator.python import Python
from infra.emulator.template import Function

MAX_WORKERS = 10  # per function; beyond, Lambda would throttle
IDLE_LIFETIME = 300  # seconds
INIT_TIMEOUT = 10  # seconds, as Lambda's
PREFIX = "/2018-06-01/runtime"

type LogLine = Callable[[str, str], None]


class FunctionError(Exception):
    """The function failed: it raised, exited, could not be imported or ran out of time.

    The message is the runtime client's report, JSON with errorType and errorMessage, where there is one.
    """


class Throttled(Exception):
    """As many invocations run already as are allowed."""


@dataclass(eq=False)
class Worker:
    function: Function
    port: int
    site: web.SockSite
    process: asyncio.subprocess.Process | None = None
    events: asyncio.Queue[tuple[str, bytes, int]] = field(default_factory=lambda: asyncio.Queue(1))
    answer: "asyncio.Future[bytes] | None" = None
    started: bool = False  # has asked for its first invocation
    idle_since: float = 0.0
    retired: bool = False

    def fail(self, error: str) -> None:
        if self.answer is not None and not self.answer.done():
            self.answer.set_exception(FunctionError(error))


class Runtime:
    """Invokes functions. `log(name, line)` gets what the workers print."""

    def __init__(self, log: LogLine, python: Python) -> None:
        self._log, self._python = log, python
        self._workers: dict[int, Worker] = {}
        self._idle: dict[str, list[Worker]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        app = web.Application(client_max_size=2**26)
        app.add_routes(
            [
                web.get(f"{PREFIX}/invocation/next", self._next),
                web.post(f"{PREFIX}/invocation/{{id}}/response", self._response),
                web.post(f"{PREFIX}/invocation/{{id}}/error", self._error),
                web.post(f"{PREFIX}/init/error", self._error),
            ]
        )
        # A worker that ends lets go of its request for the next invocation.
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1, handler_cancellation=True)

    @property
    def workers(self) -> list[Worker]:
        return list(self._workers.values())

    async def start(self) -> None:
        await self._runner.setup()
        self._keep(self._reap())

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        workers = list(self._workers.values())
        for worker in workers:
            self._discard(worker)
        await asyncio.gather(*(worker.process.wait() for worker in workers if worker.process))
        await self._runner.cleanup()

    def retire_all(self) -> None:
        """Let no worker take another invocation: the code has changed."""
        for worker in list(self._workers.values()):
            worker.retired = True
            if worker.answer is None:
                self._discard(worker)
        self._idle.clear()

    async def invoke(self, function: Function, event: dict[str, Any]) -> Any:
        """The handler's result. Errors: FunctionError, Throttled."""
        began = time.monotonic()
        worker = await self._take(function)
        worker.answer = asyncio.get_running_loop().create_future()
        request_id = str(uuid.uuid4())
        allowance = function.timeout + (0 if worker.started else INIT_TIMEOUT)
        deadline = int((time.time() + allowance) * 1000)
        worker.events.put_nowait((request_id, json.dumps(event).encode(), deadline))
        try:
            answer = json.loads(await asyncio.wait_for(worker.answer, allowance))
        except TimeoutError:
            self._log(function.name, f"{request_id} Task timed out after {function.timeout:.2f} seconds")
            self._discard(worker)
            raise FunctionError("timed out") from None
        except FunctionError:
            self._give_back(worker)
            raise
        except asyncio.CancelledError:  # the client is gone
            self._discard(worker)
            raise
        self._report(worker, request_id, time.monotonic() - began)
        self._give_back(worker)
        return answer

    def _report(self, worker: Worker, request_id: str, duration: float) -> None:
        """The line that ends an invocation in the cloud's logs."""
        memory = f"Memory Size: {worker.function.memory} MB Max Memory Used: {_peak_memory(worker)} MB"
        self._log(
            worker.function.name,
            f"REPORT RequestId: {request_id} Duration: {duration * 1000:.2f} ms {memory}",
        )

    async def _take(self, function: Function) -> Worker:
        idle = self._idle.setdefault(function.name, [])
        if idle:
            return idle.pop()
        if sum(worker.function.name == function.name for worker in self._workers.values()) >= MAX_WORKERS:
            raise Throttled
        return await self._start_worker(function)

    def _give_back(self, worker: Worker) -> None:
        worker.answer = None
        if worker.retired:
            self._discard(worker)
        elif worker.port in self._workers:
            worker.idle_since = time.monotonic()
            self._idle.setdefault(worker.function.name, []).append(worker)

    def _discard(self, worker: Worker) -> None:
        self._workers.pop(worker.port, None)
        with suppress(ValueError):
            self._idle.get(worker.function.name, []).remove(worker)
        if worker.process is not None:
            with suppress(ProcessLookupError):
                worker.process.kill()

    async def _start_worker(self, function: Function) -> Worker:
        listener = socket.create_server(("127.0.0.1", 0))
        site = web.SockSite(self._runner, listener)
        worker = Worker(function, listener.getsockname()[1], site)
        self._workers[worker.port] = worker  # counted before the first wait, so that the cap holds
        await site.start()
        worker.process = await asyncio.create_subprocess_exec(
            *self._python.command,
            "-m",
            "awslambdaric",
            function.handler,
            cwd=function.code,
            env=environment(function, worker.port, self._python.path),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            limit=2**24,
            start_new_session=True,  # Ctrl-C is for the stack, which stops its workers itself
        )
        self._keep(self._watch(worker))
        return worker

    async def _watch(self, worker: Worker) -> None:
        """Pass on what the worker prints, and notice its end."""
        assert worker.process is not None and worker.process.stdout is not None
        async for line in worker.process.stdout:
            self._log(worker.function.name, line.decode(errors="replace").rstrip("\n"))
        status = await worker.process.wait()
        self._discard(worker)
        worker.fail(f"Runtime exited with error: exit status {status}")
        await worker.site.stop()

    async def _reap(self) -> None:
        while True:
            await asyncio.sleep(IDLE_LIFETIME / 10)
            await self.stop_idle()

    async def stop_idle(self) -> None:
        oldest = time.monotonic() - IDLE_LIFETIME
        for worker in [worker for idle in self._idle.values() for worker in idle]:
            if worker.idle_since < oldest:
                self._discard(worker)

    def _keep(self, coroutine: Any) -> None:
        task = asyncio.create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _worker_of(self, request: web.Request) -> Worker:
        assert request.transport is not None
        try:
            return self._workers[request.transport.get_extra_info("sockname")[1]]
        except KeyError:
            raise web.HTTPGone from None  # discarded a moment ago

    async def _next(self, request: web.Request) -> web.Response:
        worker = self._worker_of(request)
        worker.started = True
        request_id, event, deadline = await worker.events.get()
        headers = {
            "Lambda-Runtime-Aws-Request-Id": request_id,
            "Lambda-Runtime-Deadline-Ms": str(deadline),
            "Lambda-Runtime-Invoked-Function-Arn": arn(worker.function),
            "Lambda-Runtime-Trace-Id": f"Root=1-{int(time.time()):08x}-{uuid.uuid4().hex[:24]};Sampled=0",
        }
        return web.Response(body=event, headers=headers, content_type="application/json")

    async def _response(self, request: web.Request) -> web.Response:
        worker = self._worker_of(request)
        body = await request.read()
        if worker.answer is not None and not worker.answer.done():
            worker.answer.set_result(body)
        return web.json_response({"status": "OK"}, status=202)

    async def _error(self, request: web.Request) -> web.Response:
        worker = self._worker_of(request)
        body = (await request.read()).decode(errors="replace")
        worker.retired |= "id" not in request.match_info  # a failed import; the process ends by itself
        worker.fail(body)
        return web.json_response({"status": "OK"}, status=202)


def _peak_memory(worker: Worker) -> int | str:
    """In MB, where the system tells."""
    assert worker.process is not None
    with suppress(OSError):
        status = Path(f"/proc/{worker.process.pid}/status").read_text()
        if found := re.search(r"VmHWM:\s+(\d+) kB", status):
            return int(found[1]) // 1024
    return "?"
