"""Which worker serves which call: an idle one, a new one where there is room, else the next to come free.

Calls that wait are served in the order of their arrival. Only a function's own ReservedConcurrentExecutions
refuses any. Source: AWS Lambda developer guide, "Understanding Lambda function scaling".
"""

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from infra.emulator.limits import Limits
from infra.emulator.model import Function
from infra.emulator.worker import FunctionError, State, Worker


class Throttled(Exception):
    """As many calls of the function are in flight as it has reserved."""


@dataclass(eq=False)
class Ticket:
    """A call that waits for a worker."""

    function: Function
    worker: "asyncio.Future[Worker]" = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )


class Pool:
    """`start(worker)` begins a worker's start; who does it tells `ready` or `failed` in the end."""

    def __init__(self, limits: Limits, start: Callable[[Worker], object]) -> None:
        self._limits, self._start = limits, start
        self.workers: list[Worker] = []
        self._waiting: list[Ticket] = []

    @property
    def waiting(self) -> int:
        """How many calls wait for a worker."""
        return len(self._tickets())

    async def take(self, function: Function) -> Worker:
        """Errors: Throttled; FunctionError, where a worker cannot start."""
        reserved = function.reserved_concurrency
        if reserved is not None and self._in_flight(function.name) >= reserved:
            raise Throttled
        ticket = Ticket(function)
        self._waiting.append(ticket)
        self._serve()
        try:
            return await ticket.worker
        except asyncio.CancelledError:  # the caller went away
            if ticket in self._waiting:
                self._waiting.remove(ticket)
            elif not ticket.worker.cancelled() and ticket.worker.exception() is None:
                self.give_back(ticket.worker.result())
            raise

    def give_back(self, worker: Worker) -> None:
        if worker.retired:
            self.discard(worker)
        elif worker.state is State.BUSY:
            self.ready(worker)

    def ready(self, worker: Worker) -> None:
        """It can serve now, unless it has just been discarded."""
        if worker.state is State.ENDED:
            return
        worker.state, worker.idle_since = State.IDLE, time.monotonic()
        self._serve()

    def failed(self, worker: Worker, report: str) -> None:
        """It ended by itself, and with it the call that it serves, or those that wait for its start."""
        worker.fail(report)
        if worker.state is State.STARTING:
            for ticket in self._tickets(worker.function.name):
                self._waiting.remove(ticket)
                ticket.worker.set_exception(FunctionError(report))
        self.discard(worker)

    def discard(self, worker: Worker) -> None:
        worker.kill()
        if worker in self.workers:
            self.workers.remove(worker)
            self._serve()  # there is room for another

    def is_wanted(self, worker: Worker) -> bool:
        """Whether a worker that has not started yet still has calls waiting for it."""
        waited_for = worker.is_wanted or bool(self._tickets(worker.function.name))
        return worker.state is State.STARTING and waited_for

    def retire(self, is_old: Callable[[Worker], bool] = lambda _: True) -> list[Function]:
        """Let these workers take no other call: their code has changed. The functions that they served."""
        old = [worker for worker in self.workers if is_old(worker)]
        for worker in old:
            worker.retired = True
            if worker.state is not State.BUSY:
                worker.kill()
                self.workers.remove(worker)
        self._serve()
        return list({worker.function.name: worker.function for worker in old}.values())

    def warm(self, function: Function) -> None:
        """Have a worker of it ready for the next call, if there is room."""
        if len(self.workers) < self._limits.workers and not self._of(function.name):
            worker = Worker(function, is_wanted=True)
            self.workers.append(worker)
            self._start(worker)

    def discard_idle(self, lifetime: float) -> None:
        """Discard what has been idle for that many seconds."""
        oldest = time.monotonic() - lifetime
        for worker in self._idle():
            if worker.idle_since <= oldest:
                self.discard(worker)

    def close(self) -> None:
        for worker in self.workers:
            worker.kill()
        self.workers.clear()
        for ticket in self._tickets():
            ticket.worker.cancel()

    def _serve(self) -> None:
        """Give those who wait, first come first served, idle workers and room for new ones."""
        unserved: Counter[str] = Counter()
        for ticket in self._tickets():
            name = ticket.function.name
            of_function = self._of(name)
            idle = [worker for worker in of_function if worker.state is State.IDLE]
            if idle:
                worker = max(idle, key=lambda each: each.idle_since)  # the others may end for want of work
                worker.state = State.BUSY
                self._waiting.remove(ticket)
                ticket.worker.set_result(worker)
                continue
            unserved[name] += 1
            starting = sum(worker.state is State.STARTING for worker in of_function)
            most = 1 if ticket.function.debugger else self._limits.per_function
            if starting < unserved[name] and len(of_function) < most and self._room():
                worker = Worker(ticket.function)
                self.workers.append(worker)
                self._start(worker)

    def _room(self) -> bool:
        """Room for a worker, made by ending the one that has been idle for longest if there is none."""
        if len(self.workers) >= self._limits.workers and (idle := self._idle()):
            longest = min(idle, key=lambda worker: worker.idle_since)
            longest.kill()
            self.workers.remove(longest)
        return len(self.workers) < self._limits.workers

    def _of(self, name: str) -> list[Worker]:
        return [worker for worker in self.workers if worker.function.name == name]

    def _idle(self) -> list[Worker]:
        return [worker for worker in self.workers if worker.state is State.IDLE]

    def _tickets(self, name: str | None = None) -> list[Ticket]:
        """Those who wait still, for the function of that name or for any."""
        waiting = [ticket for ticket in self._waiting if not ticket.worker.done()]
        return [ticket for ticket in waiting if name in (None, ticket.function.name)]

    def _in_flight(self, name: str) -> int:
        busy = sum(worker.function.name == name and worker.state is State.BUSY for worker in self.workers)
        return busy + len(self._tickets(name))
