"""A worker: one process of the real runtime client (awslambdaric), which serves one invocation at a time."""

import asyncio
import os
import re
import signal
import time
import uuid
from contextlib import suppress
from dataclasses import dataclass, field
from enum import Enum, auto
from pathlib import Path

from infra.emulator.launcher import PAUSED
from infra.emulator.model import Function
from infra.emulator.processes import WorkerProcess


class FunctionError(Exception):
    """The function failed: it raised, exited, could not be imported or ran out of time.

    The message is the runtime client's report, JSON with errorType and errorMessage, where there is one.
    """


class State(Enum):
    STARTING = auto()
    IDLE = auto()
    BUSY = auto()
    ENDED = auto()


@dataclass(eq=False)
class Invocation:
    payload: bytes
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    result: "asyncio.Future[bytes]" = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )

    limits: list[asyncio.Timeout] = field(default_factory=list)  # of those who wait for its end

    def succeed(self, body: bytes) -> None:
        if not self.result.done():
            self.result.set_result(body)

    def fail(self, report: str) -> None:
        if not self.result.done():
            self.result.set_exception(FunctionError(report))


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
    process: WorkerProcess | None = None
    is_copy: bool = False  # of a process that had imported some modules already
    is_wanted: bool = False  # even if no call waits for it
    modules: set[str] | None = None  # that it has imported or looked for; None where nobody knows
    order: list[str] = field(default_factory=list)  # those of them that it has told of

    def listen(self, names: asyncio.StreamReader) -> None:
        """Note the modules that it imports from now on."""
        self._listening = asyncio.create_task(self._listen(names))

    async def _listen(self, names: asyncio.StreamReader) -> None:
        assert self.modules is not None
        async for line in names:
            if line == PAUSED:
                self._pause()
                continue
            name = line.decode().rstrip("\n")
            self.modules.add(name)
            self.order.append(name)

    async def serve(self, invocation: Invocation) -> bytes:
        """The handler's answer. Errors: FunctionError; TimeoutError after the function's own timeout."""
        self.invocation, self.last_invocation = invocation, invocation.id
        self.deadline = time.time() + self.function.timeout
        self.inbox.put_nowait(invocation)
        try:
            async with asyncio.timeout(self.function.timeout) as limit:
                invocation.limits.append(limit)
                return await invocation.result
        finally:
            self.invocation = None

    def _pause(self) -> None:
        """From now on nobody waits for the invocation's end in vain."""
        for limit in self.invocation.limits if self.invocation else ():
            if not limit.expired():
                limit.reschedule(None)

    def kill(self) -> None:
        self.state = State.ENDED
        if self.process is not None:
            with suppress(ProcessLookupError):
                if self.function.debugger is not None:  # which has a process beside it
                    os.killpg(self.process.pid, signal.SIGKILL)
                self.process.kill()

    @property
    def peak_memory(self) -> int | str:
        """In MB, where the system tells."""
        assert self.process is not None
        with suppress(OSError):
            status = Path(f"/proc/{self.process.pid}/status").read_text()
            if found := re.search(r"VmHWM:\s+(\d+) kB", status):
                return int(found[1]) // 1024
        return "?"
