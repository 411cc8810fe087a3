"""A worker's process, started anew."""

import asyncio
import os
from asyncio.subprocess import DEVNULL, PIPE, STDOUT
from pathlib import Path
from typing import Protocol

from infra.emulator.environment import environment
from infra.emulator.model import Function
from infra.emulator.python import Python

LAUNCHER = Path(__file__).with_name("launcher.py")
LINE_LIMIT = 2**24  # bytes of a line that a function prints


class WorkerProcess(Protocol):
    @property
    def pid(self) -> int: ...

    @property
    def stdout(self) -> asyncio.StreamReader | None: ...

    async def wait(self) -> int: ...

    def kill(self) -> None: ...


async def start_plain(function: Function, python: Python, port: int) -> WorkerProcess:
    """As Lambda starts it. `port`: where its Runtime API listens."""
    return await _start(function, python, port, ("-m", "awslambdaric", function.handler), ())


async def start_debugged(function: Function, python: Python, port: int) -> WorkerProcess:
    """It waits for a debugger's client (debugpy) before it imports anything of the function."""
    waiting = ("-m", "debugpy", "--listen", f"127.0.0.1:{function.debugger}", "--wait-for-client")
    arguments = ("-X", "frozen_modules=off", *waiting, "-m", "awslambdaric", function.handler)
    return await _start(function, python, port, arguments, ())


def terminal() -> str:
    """The name of the one that the emulator runs in, or nothing."""
    try:
        return os.ttyname(0)
    except OSError:
        return ""


async def start_recorded(
    function: Function, python: Python, port: int
) -> tuple[WorkerProcess, asyncio.StreamReader]:
    """The same, with the names of the modules that it imports."""
    names, report = os.pipe()
    arguments = (str(LAUNCHER), "worker", str(report), terminal())
    try:
        process = await _start(function, python, port, arguments, (report,))
    except OSError:
        os.close(names)
        raise
    finally:
        os.close(report)
    return process, await reader_of(names)


async def _start(
    function: Function, python: Python, port: int, arguments: tuple[str, ...], passed: tuple[int, ...]
) -> WorkerProcess:
    return await asyncio.create_subprocess_exec(
        *python.command,
        *arguments,
        cwd=function.code,
        env=environment(function, port, python.path),
        stdin=DEVNULL,
        stdout=PIPE,
        stderr=STDOUT,
        limit=LINE_LIMIT,
        pass_fds=passed,
        start_new_session=True,  # Ctrl-C is for the emulator, which stops its workers itself
    )


async def reader_of(descriptor: int) -> asyncio.StreamReader:
    """A reader of the pipe, which it closes in the end."""
    reader = asyncio.StreamReader(LINE_LIMIT)
    pipe = os.fdopen(descriptor, "rb", 0)
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), pipe)
    return reader
