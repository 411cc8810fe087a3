"""Starts a worker's process."""

import asyncio
import os
from asyncio.subprocess import DEVNULL, PIPE, STDOUT, Process
from pathlib import Path

from infra.emulator.environment import environment
from infra.emulator.model import Function
from infra.emulator.python import Python

LAUNCHER = Path(__file__).with_name("launcher.py")
LINE_LIMIT = 2**24  # bytes of a line that a function prints


async def start(function: Function, python: Python, port: int) -> Process:
    """Starts a worker whose Runtime API listens on `port`. Errors: OSError."""
    return await asyncio.create_subprocess_exec(
        *python.command,
        *(_waiting_for_debugger(function) if function.debugger else (str(LAUNCHER), _terminal())),
        cwd=function.code,
        env=environment(function, port, python.path),
        stdin=DEVNULL,
        stdout=PIPE,
        stderr=STDOUT,
        limit=LINE_LIMIT,
        start_new_session=True,  # Ctrl-C is for the emulator, which stops its workers itself
    )


def _waiting_for_debugger(function: Function) -> tuple[str, ...]:
    """Arguments that make the worker wait for debugpy's client before it imports the function."""
    waiting = ("-m", "debugpy", "--listen", f"127.0.0.1:{function.debugger}", "--wait-for-client")
    return ("-X", "frozen_modules=off", *waiting, "-m", "awslambdaric", function.handler)


def _terminal() -> str:
    """The device name of the emulator's terminal, empty without one."""
    try:
        return os.ttyname(0)
    except OSError:
        return ""
