"""Lambda on one machine: invokes functions in workers that start on demand and end when idle."""

import asyncio
import json
import time
from collections.abc import Callable, Collection, Coroutine
from contextlib import suppress
from pathlib import Path
from typing import Any

from infra.emulator import processes
from infra.emulator.activity import Activity, Call
from infra.emulator.model import Function
from infra.emulator.pool import Pool
from infra.emulator.python import Python
from infra.emulator.runtime_api import RuntimeApi
from infra.emulator.worker import FunctionError, Invocation, NotReady, State, Worker, WorkerLost
from infra.emulator.worker_limits import Limits

IDLE_LIFETIME = 300  # seconds
INIT_TIMEOUT = 25  # seconds; Lambda's 10 with room for a busy machine, within the gateway's 30
MAX_REQUEST = 6 * 2**20  # bytes, Lambda's


class RequestTooLarge(Exception):
    """The event has more bytes than Lambda accepts."""


class Runtime:
    """`log(name, line)` and `activity` get each line that the workers print."""

    def __init__(self, log: Callable[[str, str], None], python: Python, limits: Limits) -> None:
        self.log, self._python = log, python
        self.activity = Activity()
        self.pool = Pool(limits, lambda worker: self._keep(self._start(worker)))
        self._api = RuntimeApi(self.pool)
        self._starts = asyncio.Semaphore(limits.starts)
        self._tasks: set[asyncio.Task[Any]] = set()

    async def start(self) -> None:
        await self._api.start()
        self._reaping = self._keep(self._discard_idle())

    async def stop(self) -> None:
        self._reaping.cancel()
        self.pool.close()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._api.stop()

    def renew(self, files: Collection[Path]) -> None:
        """Ends the workers whose code or layers hold one of these files: new calls get the new code."""

        def is_old(worker: Worker) -> bool:
            roots = (worker.function.code, *worker.function.layers)
            return any(file.is_relative_to(root) for file in files for root in roots)

        for function in self.pool.retire(is_old):
            if function.debugger:  # its worker waits for the debugger before the first call
                self.pool.warm(function)

    async def invoke(self, function: Function, event: Any, call: Call | None = None) -> Any:
        """The handler's result. Errors: FunctionError, Throttled, RequestTooLarge.

        A client that disconnects while its call waits for a worker leaves the queue. An invocation that has
        begun runs to its end, as in Lambda.
        """
        # Header bytes that are not UTF-8 arrive as lone surrogates, which JSON can only escape.
        payload = json.dumps(event, ensure_ascii=False).encode(errors="backslashreplace")
        if len(payload) > MAX_REQUEST:
            raise RequestTooLarge
        while True:
            worker = await self.pool.take(function)
            invocation = Invocation(payload)
            if call is not None:
                self.activity.invoked(call, invocation.id, cold=worker.last_invocation is None)
                invocation.limits += [call.limit] if call.limit else []
            worker.accept(invocation)  # at once: a worker that dies from here on fails the invocation
            with suppress(WorkerLost):
                return await asyncio.shield(self._keep(self._run(worker, invocation)))

    async def _run(self, worker: Worker, invocation: Invocation) -> Any:
        began = time.monotonic()
        try:
            return json.loads(await worker.result(invocation))
        except TimeoutError:
            worker.retired = True
            self._print(worker, f"{invocation.id} Task timed out after {worker.function.timeout:.2f} seconds")
            raise FunctionError("timed out") from None
        finally:
            if not invocation.is_lost:
                memory = f"{worker.peak_memory} of {worker.function.memory} MB"
                self._print(worker, f"{(time.monotonic() - began) * 1000:.2f} ms in all, {memory}")
            self.pool.give_back(worker)

    async def _start(self, worker: Worker) -> None:
        """Starts the worker's process and waits until it is ready."""
        async with self._starts:
            if not self.pool.is_wanted(worker):
                self.pool.discard(worker)
                return
            port = await self._api.open_port(worker)
            try:
                worker.process = await processes.start(worker.function, self._python, port)
            except OSError as error:  # its folder is missing, or the machine has no room
                self.pool.failed(worker, FunctionError(str(error)))
                await self._api.close_port(worker)
                return
            if worker.state is State.ENDED:  # discarded meanwhile
                worker.kill()
            watching = self._keep(self._watch(worker))
            ready = asyncio.ensure_future(worker.ready.wait())
            patience = None if worker.function.debugger else INIT_TIMEOUT
            await asyncio.wait([ready, watching], timeout=patience, return_when=asyncio.FIRST_COMPLETED)
            if not ready.done():
                ready.cancel()
                self.pool.failed(worker, NotReady(f"not ready after {INIT_TIMEOUT} seconds"))

    async def _watch(self, worker: Worker) -> None:
        """Passes on the worker's output, and handles its end."""
        assert worker.process is not None and worker.process.stdout is not None
        try:
            async for line in worker.process.stdout:
                self._print(worker, line.decode(errors="replace").rstrip("\n"))
            status = await worker.process.wait()
            if worker.state is not State.ENDED:
                error = FunctionError(f"Runtime exited with error: exit status {status}")
                self.pool.failed(worker, error)
            else:
                worker.fail(FunctionError("ended"))
        finally:
            await self._api.close_port(worker)

    def _print(self, worker: Worker, line: str) -> None:
        self.activity.printed(line, worker.last_invocation)
        self.log(worker.function.name, line)

    async def _discard_idle(self) -> None:
        while True:
            await asyncio.sleep(IDLE_LIFETIME / 10)
            self.pool.discard_idle(IDLE_LIFETIME)

    def _keep[T](self, coroutine: Coroutine[Any, Any, T]) -> "asyncio.Task[T]":
        task = asyncio.create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._forget)
        return task

    def _forget(self, task: "asyncio.Task[Any]") -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()  # reaches the caller, if one still waits; unread, asyncio would log it
