"""A worker: one process of the real runtime client (awslambdaric), which serves one invocation at a time."""

import asyncio
import os
import re
import signal
import time
import uuid
from asyncio.subprocess import Process
from contextlib import suppress
from dataclasses import dataclass, field
from enum import Enum, auto
from pathlib import Path

from infra.emulator.model import Function


class FunctionError(Exception):
    """The function failed: it raised, exited, could not be imported or ran out of time.

    The message is the runtime client's report, JSON with errorType and errorMessage, where there is one.
    """


class NotReady(FunctionError):
    """The worker took too long to start."""


class WorkerLost(Exception):
    """The worker ended before it took the invocation: another worker can serve it."""


class State(Enum):
    STARTING = auto()
    IDLE = auto()
    BUSY = auto()
    ENDED = auto()


@dataclass(eq=False)
class Invocation:
    payload: bytes
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    result: "asyncio.Future[bytes]" = field(default_factory=asyncio.Future)
    limits: list[asyncio.Timeout] = field(default_factory=list)  # suspended while a person debugs
    is_lost: bool = False  # its worker ended before taking it

    def succeed(self, body: bytes) -> None:
        if not self.result.done():
            self.result.set_result(body)

    def fail(self, error: Exception) -> None:
        if not self.result.done():
            self.result.set_exception(error)


@dataclass(eq=False)
class Worker:
    function: Function
    state: State = State.STARTING
    retired: bool = False  # ends with the invocation that it serves
    idle_since: float = 0.0
    ready: asyncio.Event = field(default_factory=asyncio.Event)  # it has asked for its first invocation
    inbox: "asyncio.Queue[Invocation]" = field(default_factory=lambda: asyncio.Queue(1))
    invocation: Invocation | None = None  # the one in flight
    last_invocation: str | None = None  # the id of that one, or of the one before
    deadline: float = 0.0  # of that one, in seconds since the epoch
    process: Process | None = None

    def accept(self, invocation: Invocation) -> None:
        """Puts the invocation where the worker's next request finds it."""
        self.invocation, self.last_invocation = invocation, invocation.id
        self.deadline = time.time() + self.function.timeout
        self.inbox.put_nowait(invocation)
        if self.state is State.ENDED:
            self.fail(FunctionError("ended"))

    async def result(self, invocation: Invocation) -> bytes:
        """The handler's answer. Errors: FunctionError, WorkerLost; TimeoutError at the function's timeout."""
        try:
            async with asyncio.timeout(self.function.timeout) as limit:
                invocation.limits.append(limit)
                return await invocation.result
        finally:
            self.invocation = None

    def fail(self, error: FunctionError) -> None:
        """Fails the invocation in flight, if any, since the process has ended."""
        if self.invocation is not None:
            self.invocation.is_lost = self.inbox.full()
            self.invocation.fail(WorkerLost() if self.invocation.is_lost else error)

    def pause(self) -> None:
        """Suspends the timeouts of the invocation in flight: a person debugs the function."""
        for limit in self.invocation.limits if self.invocation else ():
            if not limit.expired():
                limit.reschedule(None)

    def kill(self) -> None:
        self.state = State.ENDED
        if self.process is not None:
            with suppress(ProcessLookupError):
                if self.function.debugger is not None:  # debugpy starts a second process
                    os.killpg(self.process.pid, signal.SIGKILL)
                self.process.kill()

    @property
    def peak_memory(self) -> int | str:
        """In MB; `?` on a system without /proc."""
        assert self.process is not None
        with suppress(OSError):
            status = Path(f"/proc/{self.process.pid}/status").read_text()
            if found := re.search(r"VmHWM:\s+(\d+) kB", status):
                return int(found[1]) // 1024
        return "?"
