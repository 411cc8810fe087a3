"""A worker's process, copied from one that has imported what its function shares with others."""

import asyncio
import json
import os
import signal
import socket
from asyncio.subprocess import DEVNULL
from contextlib import suppress
from typing import Any

from infra.emulator.environment import OF_ONE_WORKER, environment
from infra.emulator.model import Function
from infra.emulator.processes import LAUNCHER, reader_of, terminal
from infra.emulator.python import Python

PATIENCE = 30  # seconds that it has for an answer


class ForkedProcess:
    """A copy; its parent tells of its end."""

    def __init__(self, pid: int, stdout: asyncio.StreamReader, end: "asyncio.Future[int]") -> None:
        self.pid, self.stdout, self._end = pid, stdout, end

    async def wait(self) -> int:
        return await asyncio.shield(self._end)

    def kill(self) -> None:
        if not self._end.done():
            with suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)


class ForkServer:
    """For functions that share their code, their layers and their variables with `example`."""

    def __init__(self, example: Function, python: Python, names: list[str]) -> None:
        """`names`: what it imports, in that order."""
        self.names = set(names)
        self.loaded: set[str] = set()  # those, and what a process has at any rate
        self.is_stale = False  # one of them has new code
        self.example = example
        self._order, self._python = names, python
        self._ends: dict[int, asyncio.Future[int]] = {}
        self._answers: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._asking = asyncio.Lock()

    async def start(self) -> bool:
        """Whether it may be copied: it has one thread, and no connection."""
        ours, theirs = socket.socketpair()
        variables = environment(self.example, 0, self._python.path)
        common = {name: value for name, value in variables.items() if name not in OF_ONE_WORKER}
        with theirs:
            self._process = await asyncio.create_subprocess_exec(
                *(*self._python.command, str(LAUNCHER), "forkserver", str(theirs.fileno())),
                cwd=self.example.code,
                env=common,
                stdin=DEVNULL,
                stdout=DEVNULL,
                stderr=DEVNULL,
                pass_fds=(theirs.fileno(),),
                start_new_session=True,
            )
        self._control = ours.dup()
        self._control.setblocking(False)
        reader, self._writer = await asyncio.open_connection(sock=ours)
        self._listening = asyncio.create_task(self._listen(reader))
        answer = await self._ask({"preload": self._order}, ())
        self.loaded = set(answer.get("loaded", ()))
        return bool(answer.get("fit"))

    async def fork(self, function: Function, port: int) -> tuple[ForkedProcess, asyncio.StreamReader]:
        """A worker's process, and the names of what it imports beyond `names`. Errors: OSError."""
        output, copys_output = os.pipe()
        names, copys_names = os.pipe()
        variables = environment(function, port, self._python.path)
        message = {"folder": str(function.code), "environment": variables, "terminal": terminal()}
        try:
            pid = (await self._ask(message, (copys_output, copys_names)))["started"]
        except (OSError, KeyError):
            os.close(output)
            os.close(names)
            raise OSError("the fork server has ended") from None
        finally:
            os.close(copys_output)
            os.close(copys_names)
        return ForkedProcess(pid, await reader_of(output), self._ends[pid]), await reader_of(names)

    def retire(self) -> None:
        """It makes no more copies, and ends with the last one."""
        with suppress(OSError):
            self._control.shutdown(socket.SHUT_WR)

    async def stop(self) -> None:
        """It ends at once; its copies have ended before."""
        with suppress(ProcessLookupError):
            self._process.kill()
        await self._process.wait()
        await self._listening

    async def _ask(self, message: dict[str, Any], descriptors: tuple[int, ...]) -> dict[str, Any]:
        body = json.dumps(message).encode()
        async with self._asking:
            header = len(body).to_bytes(4)
            socket.send_fds(self._control, [header], descriptors) if descriptors else self._control.send(
                header
            )
            await asyncio.get_running_loop().sock_sendall(self._control, body)
            async with asyncio.timeout(PATIENCE):
                return await self._answers.get()

    async def _listen(self, reader: asyncio.StreamReader) -> None:
        loop = asyncio.get_running_loop()
        async for line in reader:
            message = json.loads(line)
            if "ended" in message:
                self._ends[message["ended"]].set_result(message["status"])
            else:
                if "started" in message:
                    self._ends[message["started"]] = loop.create_future()
                self._answers.put_nowait(message)
        self._answers.put_nowait({})  # to whoever still asks
        for pid, end in self._ends.items():
            if not end.done():  # nobody will tell of it
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
                end.set_result(-signal.SIGKILL)
        self._control.close()
        self._writer.close()
