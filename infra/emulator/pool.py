"""Assigns workers to calls: an idle one, a new one if there is room, else the next one that becomes free.

Waiting calls are served in the order of arrival. Only ReservedConcurrentExecutions rejects calls.
Source: AWS Lambda developer guide, "Understanding Lambda function scaling".
"""

import asyncio
import time
from asyncio import Future
from collections import Counter
from collections.abc import Callable

from infra.emulator.model import Function
from infra.emulator.worker import FunctionError, State, Worker
from infra.emulator.worker_limits import Limits


class Throttled(Exception):
    """All the concurrency that the function has reserved is in use."""


class Pool:
    """`start(worker)` begins a worker's start, and calls `ready` or `failed` when it is over."""

    def __init__(self, limits: Limits, start: Callable[[Worker], object]) -> None:
        self._limits, self._start = limits, start
        self.workers: list[Worker] = []
        self._waiting: dict[Future[Worker], Function] = {}  # calls without a worker, the oldest first

    @property
    def waiting(self) -> int:
        """The number of calls that wait for a worker."""
        return len(self._calls())

    async def take(self, function: Function) -> Worker:
        """Waits for a worker. Errors: Throttled; FunctionError if a worker cannot start."""
        reserved = function.reserved_concurrency
        if reserved is not None and self._in_flight(function.name) >= reserved:
            raise Throttled
        call: Future[Worker] = Future()
        self._waiting[call] = function
        self._serve()
        try:
            return await call
        except asyncio.CancelledError:  # the client disconnected
            waited = self._waiting.pop(call, None)
            if waited is None and not call.cancelled() and call.exception() is None:
                self.give_back(call.result())
            raise

    def give_back(self, worker: Worker) -> None:
        if worker.retired:
            self.discard(worker)
        elif worker.state is State.BUSY:
            self.ready(worker)

    def ready(self, worker: Worker) -> None:
        """Marks a worker as idle, unless it has just been discarded."""
        if worker.state is State.ENDED:
            return
        worker.state, worker.idle_since = State.IDLE, time.monotonic()
        self._serve()

    def failed(self, worker: Worker, error: FunctionError) -> None:
        """Removes a worker that ended by itself, and fails its call or the calls that wait for its start."""
        worker.fail(error)
        if worker.state is State.STARTING:
            for call in self._calls(worker.function.name):
                del self._waiting[call]
                call.set_exception(error)
        self.discard(worker)

    def discard(self, worker: Worker) -> None:
        worker.kill()
        if worker in self.workers:
            self.workers.remove(worker)
            self._serve()  # there is room for another worker

    def is_wanted(self, worker: Worker) -> bool:
        """True while calls still wait for the start of this worker."""
        function = worker.function
        return worker.state is State.STARTING and bool(function.debugger or self._calls(function.name))

    def retire(self, is_old: Callable[[Worker], bool] = lambda _: True) -> list[Function]:
        """Ends these workers after their current call, as their code has changed. Returns their functions."""
        old = [worker for worker in self.workers if is_old(worker)]
        for worker in old:
            worker.retired = True
            if worker.state is not State.BUSY:
                worker.kill()
                self.workers.remove(worker)
        self._serve()
        return list({worker.function.name: worker.function for worker in old}.values())

    def warm(self, function: Function) -> None:
        """Starts a worker ahead of the next call, if there is room."""
        if len(self.workers) < self._limits.workers and not self._of(function.name):
            self._add(function)

    def discard_idle(self, lifetime: float) -> None:
        """Discards workers that have been idle for that many seconds."""
        oldest = time.monotonic() - lifetime
        for worker in self._idle():
            if worker.idle_since <= oldest:
                self.discard(worker)

    def close(self) -> None:
        for worker in self.workers:
            worker.kill()
        self.workers.clear()
        for call in self._calls():
            call.cancel()

    def _serve(self) -> None:
        """Gives waiting calls, first come first served, idle workers or starts new ones."""
        unserved: Counter[str] = Counter()
        for call in self._calls():
            function = self._waiting[call]
            name, of_function = function.name, self._of(function.name)
            idle = [worker for worker in of_function if worker.state is State.IDLE]
            if idle:
                # The last one that was busy, so that unneeded workers stay idle and end.
                worker = max(idle, key=lambda each: each.idle_since)
                worker.state = State.BUSY
                del self._waiting[call]
                call.set_result(worker)
                continue
            unserved[name] += 1
            starting = sum(worker.state is State.STARTING for worker in of_function)
            most = 1 if function.debugger else self._limits.per_function
            if starting < unserved[name] and len(of_function) < most and self._room():
                self._add(function)

    def _add(self, function: Function) -> None:
        worker = Worker(function)
        self.workers.append(worker)
        self._start(worker)

    def _room(self) -> bool:
        """Makes room for a worker, if necessary by ending the one that has been idle for longest."""
        if len(self.workers) >= self._limits.workers and (idle := self._idle()):
            longest = min(idle, key=lambda worker: worker.idle_since)
            longest.kill()
            self.workers.remove(longest)
        return len(self.workers) < self._limits.workers

    def _of(self, name: str) -> list[Worker]:
        return [worker for worker in self.workers if worker.function.name == name]

    def _idle(self) -> list[Worker]:
        return [worker for worker in self.workers if worker.state is State.IDLE]

    def _calls(self, name: str | None = None) -> list[Future[Worker]]:
        """The calls that still wait, for the function of that name or for any."""
        waiting = self._waiting.items()
        return [call for call, function in waiting if not call.done() and name in (None, function.name)]

    def _in_flight(self, name: str) -> int:
        busy = sum(worker.function.name == name and worker.state is State.BUSY for worker in self.workers)
        return busy + len(self._calls(name))
