"""Lambda on one machine: invokes functions in workers that start on demand and end when idle."""

import asyncio
import json
import time
from collections.abc import Callable, Collection, Coroutine
from pathlib import Path
from typing import Any

from infra.emulator.activity import Activity, Call
from infra.emulator.limits import Limits, machine_limits
from infra.emulator.model import Function
from infra.emulator.pool import Pool
from infra.emulator.python import Python
from infra.emulator.runtime_api import RuntimeApi
from infra.emulator.starters import ForkingStarter, PlainStarter, Starter, modules_of
from infra.emulator.worker import FunctionError, Invocation, State, Worker

IDLE_LIFETIME = 300  # seconds
INIT_TIMEOUT = 25  # seconds; Lambda's 10 with room for a busy machine, within the gateway's 30
MAX_REQUEST = 6 * 2**20  # bytes, Lambda's

type LogLine = Callable[[str, str], None]


class RequestTooLarge(Exception):
    """The event has more bytes than Lambda takes."""


class Runtime:
    """`log(name, line)` gets what the workers print, `activity` too.

    `forking`: workers are copies where they can be, and it is known what each has imported.
    """

    def __init__(
        self, log: LogLine, python: Python, limits: Limits | None = None, *, forking: bool = False
    ) -> None:
        self.log = log
        self.starter: Starter = ForkingStarter(python) if forking else PlainStarter(python)
        self.activity = Activity()
        limits = limits or machine_limits()
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
        await self.starter.stop()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._api.stop()

    def renew(self, files: Collection[Path]) -> str | None:
        """Serve the new code of these files: who has imported one of them takes no other call.

        Says what was renewed; None where nobody has imported any.
        """
        self.starter.changed(files)

        def is_old(worker: Worker) -> bool:
            if worker.modules is None or worker.state is State.STARTING:
                return True
            return not worker.modules.isdisjoint(modules_of(files, worker.function))

        functions = self.pool.retire(is_old)
        for function in functions:
            if function.debugger or self.starter.forks(function):
                self.pool.warm(function)
        names = sorted(function.name.removesuffix("Function") for function in functions)
        return ", ".join(names) or None

    async def invoke(self, function: Function, event: Any, call: Call | None = None) -> Any:
        """The handler's result. Errors: FunctionError, Throttled, RequestTooLarge.

        Whoever goes away while their call waits for a worker leaves the queue; once begun, an invocation
        runs to its end, as in the cloud.
        """
        # What is not UTF-8 in a header came in as lone surrogates, which JSON can only escape.
        payload = json.dumps(event, ensure_ascii=False).encode(errors="backslashreplace")
        if len(payload) > MAX_REQUEST:
            raise RequestTooLarge
        worker = await self.pool.take(function)
        invocation = Invocation(payload)
        if call is not None:
            self.activity.invoked(call, invocation.id, cold=worker.last_invocation is None)
            invocation.limits += [call.limit] if call.limit else []
        return await asyncio.shield(self._keep(self._run(worker, invocation)))

    async def _run(self, worker: Worker, invocation: Invocation) -> Any:
        began = time.monotonic()
        try:
            return json.loads(await worker.serve(invocation))
        except TimeoutError:
            worker.retired = True
            self._print(worker, f"{invocation.id} Task timed out after {worker.function.timeout:.2f} seconds")
            raise FunctionError("timed out") from None
        finally:
            duration = (time.monotonic() - began) * 1000
            memory = f"Memory Size: {worker.function.memory} MB Max Memory Used: {worker.peak_memory} MB"
            self._print(worker, f"REPORT RequestId: {invocation.id} Duration: {duration:.2f} ms {memory}")
            self.pool.give_back(worker)

    async def _start(self, worker: Worker) -> None:
        """From the start to the end of its process."""
        async with self._starts:
            if not self.pool.is_wanted(worker):
                self.pool.discard(worker)
                return
            port = await self._api.open_port(worker)
            try:
                await self.starter.start(worker, port)
            except OSError as error:  # its folder is not there, or the machine has no room
                self.pool.failed(worker, str(error))
                await self._api.close_port(worker)
                return
            if worker.state is State.ENDED:  # discarded meanwhile
                worker.kill()
            watching = self._keep(self._watch(worker))
            ready = asyncio.ensure_future(worker.ready.wait())
            patience = None if worker.function.debugger else INIT_TIMEOUT
            await asyncio.wait([ready, watching], timeout=patience, return_when=asyncio.FIRST_COMPLETED)
            if ready.done():
                self.starter.ready(worker)
            else:
                ready.cancel()
                self.pool.failed(worker, f"not ready after {INIT_TIMEOUT} seconds")

    async def _watch(self, worker: Worker) -> None:
        """Pass on what the worker prints, and notice its end."""
        assert worker.process is not None and worker.process.stdout is not None
        try:
            async for line in worker.process.stdout:
                self._print(worker, line.decode(errors="replace").rstrip("\n"))
            status = await worker.process.wait()
            if worker.state is not State.ENDED:
                self.pool.failed(worker, f"Runtime exited with error: exit status {status}")
            elif worker.invocation is not None:
                worker.invocation.fail("ended")
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
            task.exception()  # is known to who waits for it, if anyone still does
