"""Who starts workers, and learns on the way which modules each has imported."""

import asyncio
from collections import defaultdict
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from infra.emulator.environment import import_roots
from infra.emulator.fork_server import ForkServer
from infra.emulator.model import Function
from infra.emulator.processes import start_debugged, start_plain, start_recorded
from infra.emulator.python import Python
from infra.emulator.worker import Worker

SETTLED = 2.0  # seconds without a new worker, after which the machine has time for a fork server

# The runtime client: its compiled half reads where the Runtime API is when it is loaded.
CLIENT = ("awslambdaric", "runtime_client")

type Kind = tuple[object, ...]


class Starter(Protocol):
    async def start(self, worker: Worker, port: int) -> None:
        """`port`: where its Runtime API listens. Errors: OSError."""

    def ready(self, worker: Worker) -> None:
        """It has imported its function."""

    def changed(self, files: Collection[Path]) -> None:
        """These have new code."""

    def forks(self, function: Function) -> bool:
        """Whether a worker of it starts at little cost."""

    async def stop(self) -> None: ...


class PlainStarter:
    """As Lambda does; which modules a worker has imported stays unknown."""

    def __init__(self, python: Python) -> None:
        self._python = python

    async def start(self, worker: Worker, port: int) -> None:
        start = start_debugged if worker.function.debugger else start_plain
        worker.process = await start(worker.function, self._python, port)

    def ready(self, worker: Worker) -> None: ...

    def changed(self, files: Collection[Path]) -> None: ...

    def forks(self, function: Function) -> bool:
        return False

    async def stop(self) -> None: ...


class ForkingStarter:
    """Copies workers from a process that has imported what their functions share.

    What that is, it learns from workers that started anew. A function of which nothing is known yet, or that
    does without something that the others share, starts anew: no worker finds a module that it would not find
    by itself. Functions have a process in common where code, layers and variables are the same.
    """

    def __init__(self, python: Python) -> None:
        self._python = python
        self._learnt: dict[Kind, dict[str, list[str]]] = defaultdict(dict)  # names of modules by function
        self._examples: dict[Kind, Function] = {}
        self._servers: dict[Kind, ForkServer] = {}
        self._starts: set[asyncio.Task[bool]] = set()
        self._started: list[ForkServer] = []
        self._unfit: set[Kind] = set()
        self._news = asyncio.Event()  # something was learnt
        self._preparing: asyncio.Task[None] | None = None

    async def start(self, worker: Worker, port: int) -> None:
        if worker.function.debugger:
            worker.process = await start_debugged(worker.function, self._python, port)
            return
        if self.forks(worker.function):
            server = self._servers[_kind(worker.function)]
            with suppress(OSError, TimeoutError):
                worker.process, names = await server.fork(worker.function, port)
                worker.modules, worker.is_copy = set(server.loaded), True
                worker.listen(names)
                return
            self._servers.pop(_kind(worker.function), server).retire()
        worker.process, names = await start_recorded(worker.function, self._python, port)
        worker.modules = set()
        worker.listen(names)

    def ready(self, worker: Worker) -> None:
        if not worker.is_copy and worker.modules is not None:
            function, kind = worker.function, _kind(worker.function)
            self._examples[kind] = function
            names = [name for name in worker.order if _is_shared(name, function)]
            if names != self._learnt[kind].get(function.name):
                self._learnt[kind][function.name] = names
                self._settle()

    def changed(self, files: Collection[Path]) -> None:
        for server in self._started:
            if not server.is_stale and modules_of(files, server.example) & (server.names | server.loaded):
                server.is_stale = True
                if self._servers.get(_kind(server.example)) is server:
                    self._servers.pop(_kind(server.example)).retire()
                self._settle()

    def forks(self, function: Function) -> bool:
        kind = _kind(function)
        server, learnt = self._servers.get(kind), self._learnt[kind].get(function.name)
        return server is not None and learnt is not None and server.names <= set(learnt)

    async def stop(self) -> None:
        if self._preparing is not None:
            self._preparing.cancel()
        await asyncio.gather(*self._starts, return_exceptions=True)
        for server in self._started:
            await server.stop()

    def _settle(self) -> None:
        self._news.set()
        if self._preparing is None:
            self._preparing = asyncio.create_task(self._prepare())

    async def _prepare(self) -> None:
        while True:
            await self._news.wait()
            while self._news.is_set():
                self._news.clear()
                await asyncio.sleep(SETTLED)
            await self._prepare_servers()

    async def _prepare_servers(self) -> None:
        for kind, learnt in list(self._learnt.items()):
            names, there = shared(learnt), self._servers.get(kind)
            if kind in self._unfit or (there is not None and there.names == set(names)):
                continue
            server = ForkServer(self._examples[kind], self._python, names)
            start = asyncio.create_task(server.start())
            self._starts.add(start)
            start.add_done_callback(self._starts.discard)
            self._started.append(server)
            fit = await asyncio.shield(start)
            if server.is_stale:  # meanwhile
                server.retire()
                continue
            if not fit:
                self._unfit.add(kind)
                server.retire()
                continue
            if there is not None:
                there.retire()
            self._servers[kind] = server


def shared(learnt: dict[str, list[str]]) -> list[str]:
    """What all of them have imported but those that have less than half of what the largest has.

    These few modules they import fast by themselves.
    """
    largest = max(learnt.values(), key=len, default=[])
    large = [set(names) for names in learnt.values() if len(names) * 2 >= len(largest)]
    return [name for name in largest if all(name in names for names in large)]


def _kind(function: Function) -> Kind:
    return (function.code, function.layers, frozenset(function.environment.items()))


def _is_shared(name: str, function: Function) -> bool:
    """Whether the module may belong to others too: it is none of the function's own code."""
    top = name.partition(".")[0]
    if top in CLIENT:
        return False
    own = (function.code / top).is_dir() or (function.code / f"{top}.py").is_file()
    return not own and not name.endswith("__main__")


def modules_of(files: Collection[Path], function: Function) -> set[str]:
    """The names by which the function imports these files, as far as it can."""
    names = set()
    for file in files:
        root = next((root for root in import_roots(function) if file.is_relative_to(root)), None)
        if root is not None:
            names.add(".".join(file.relative_to(root).with_suffix("").parts).removesuffix(".__init__"))
    return names
