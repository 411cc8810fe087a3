"""A worker: one process of the real runtime client (awslambdaric), which serves one invocation at a time."""

import asyncio
import re
import time
import uuid
from asyncio.subprocess import DEVNULL, PIPE, STDOUT, Process
from contextlib import suppress
from dataclasses import dataclass, field
from enum import Enum, auto
from pathlib import Path

from infra.emulator.environment import environment
from infra.emulator.model import Function
from infra.emulator.python import Python


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
    deadline: float = 0.0  # of that one, in seconds since the epoch
    process: Process | None = None

    async def start(self, python: Python, port: int) -> None:
        """`port`: where its Runtime API listens."""
        self.process = await asyncio.create_subprocess_exec(
            *python.command,
            "-m",
            "awslambdaric",
            self.function.handler,
            cwd=self.function.code,
            env=environment(self.function, port, python.path),
            stdin=DEVNULL,
            stdout=PIPE,
            stderr=STDOUT,
            limit=2**24,
            start_new_session=True,  # Ctrl-C is for the emulator, which stops its workers itself
        )

    async def serve(self, invocation: Invocation) -> bytes:
        """The handler's answer. Errors: FunctionError; TimeoutError after the function's own timeout."""
        self.invocation = invocation
        self.deadline = time.time() + self.function.timeout
        self.inbox.put_nowait(invocation)
        try:
            async with asyncio.timeout(self.function.timeout):
                return await invocation.result
        finally:
            self.invocation = None

    def kill(self) -> None:
        self.state = State.ENDED
        if self.process is not None:
            with suppress(ProcessLookupError):
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
