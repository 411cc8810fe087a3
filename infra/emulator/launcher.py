"""What starts in a worker's process: the runtime client, here or in copies of one that has the libraries.

    launcher.py worker REPORT TERMINAL  the client; names of modules it imports go to the descriptor REPORT
    launcher.py forkserver CONTROL      copies itself for each worker that the socket CONTROL asks for

`breakpoint()` in a function opens Python's debugger on TERMINAL.

A script of the standard library alone, since it is part of each worker. The copy is made before any
function's own code is imported, by a process of one thread and no connection: it finds what a process
started anew would find.
"""

import json
import os
import runpy
import select
import signal
import socket
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from importlib import import_module
from typing import Any

CLIENT = "awslambdaric"
PAUSED = b"!\n"  # in place of a name: a person looks at the function, however long that takes
STANDARD = (0, 1, 2)


class Recorder:
    """Asked first for each module, it finds none and notes the name."""

    def __init__(self, report: int) -> None:
        self._report = report

    def find_spec(self, name: str, path: Sequence[str] | None = None, target: Any = None) -> None:
        os.write(self._report, f"{name}\n".encode())


def main() -> None:
    mode, descriptor, *more = sys.argv[1:]
    if mode == "forkserver":
        run_client(*ForkServer(socket.socket(fileno=int(descriptor))).serve())
    else:
        run_client(int(descriptor), *more)


def run_client(report: int, terminal: str) -> None:
    """As `python -m awslambdaric HANDLER` does."""
    os.set_inheritable(report, False)
    sys.breakpointhook = partial(break_in, report, terminal)
    sys.meta_path.insert(0, Recorder(report))
    sys.path[0] = os.getcwd()  # noqa: PTH109  pathlib would be one more module
    sys.argv[:] = [CLIENT, os.environ["_HANDLER"]]
    runpy.run_module(CLIENT, run_name="__main__", alter_sys=True)


def break_in(report: int, terminal: str, *_: Any, **__: Any) -> None:
    if not terminal:
        print("breakpoint() needs a terminal: start the emulator in one")
        return
    from pdb import Pdb

    os.write(report, PAUSED)
    opened = os.open(terminal, os.O_RDWR | os.O_NOCTTY)
    debugger = Pdb(stdin=os.fdopen(os.dup(opened)), stdout=os.fdopen(opened, "w"))
    debugger.set_trace(sys._getframe(1))


class ForkServer:
    """Messages are JSON behind its length in four bytes, which bring the descriptors along."""

    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._wake, wakes = socket.socketpair()
        wakes.setblocking(False)
        self._wakes = wakes
        self._copies, self._is_closed = 0, False

    def serve(self) -> tuple[int, str]:
        """Returns in a copy alone: its report's descriptor and its terminal. Ends with the emulator."""
        sys.path[0] = os.getcwd()  # noqa: PTH109  pathlib would be one more module
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self._wakes.fileno())
        while not (self._is_closed and not self._copies):
            # Not epoll, whose state copies would share.
            ready, _, _ = select.select([self._wake] + [self._control] * (not self._is_closed), [], [])
            if self._wake in ready:
                self._wake.recv(1024)
                self._tell_ends()
            if self._control in ready and (copy := self._obey()) is not None:
                self._control.close()
                self._wake.close()
                return copy
        os._exit(0)

    def _obey(self) -> tuple[int, str] | None:
        header, descriptors, _, _ = socket.recv_fds(self._control, 4, 2)
        if not header:
            self._is_closed = True
            return None
        message = json.loads(self._control.recv(int.from_bytes(header), socket.MSG_WAITALL))
        if "preload" in message:
            fit = self._preload(message["preload"])
            self._tell({"fit": fit, "loaded": sorted(sys.modules)})
            return None
        process = os.fork()
        if process == 0:
            self._become(message, *descriptors)
            return descriptors[1], message["terminal"]
        for descriptor in descriptors:
            os.close(descriptor)
        self._copies += 1
        self._tell({"started": process})
        return None

    def _preload(self, names: list[str]) -> bool:
        """Whether the process may be copied, with these modules imported."""
        before = _descriptors()
        for name in names:
            with suppress(Exception):  # an optional part is not there, or one wants its parent first
                import_module(name)
        return _descriptors() <= before and threading.active_count() == 1 and _threads() == 1

    def _become(self, message: dict[str, Any], output: int, _: int) -> None:
        """Make of this copy what a process started for the worker would be."""
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        self._wakes.close()
        os.setsid()
        for standard in STANDARD[1:]:
            os.dup2(output, standard)
        os.close(output)
        os.chdir(message["folder"])
        coerced = {name: os.environ[name] for name in ("LC_CTYPE",) if name in os.environ}  # by Python
        os.environ.clear()
        os.environ.update(coerced | message["environment"])
        time.tzset()

    def _tell_ends(self) -> None:
        while True:
            try:
                process, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if process == 0:
                return
            self._copies -= 1
            self._tell({"ended": process, "status": os.waitstatus_to_exitcode(status)})

    def _tell(self, message: dict[str, Any]) -> None:
        with suppress(BrokenPipeError):  # the emulator was killed
            self._control.sendall(json.dumps(message).encode() + b"\n")


def _descriptors() -> set[str]:
    """Those that are open, where the system tells."""
    for folder in ("/proc/self/fd", "/dev/fd"):
        if os.path.isdir(folder):  # noqa: PTH112  pathlib would be one more module
            return {name for name in os.listdir(folder) if _is_open(int(name))}  # noqa: PTH208
    return set()


def _is_open(descriptor: int) -> bool:
    """The one that lists them is closed again."""
    try:
        os.fstat(descriptor)
    except OSError:
        return False
    return True


def _threads() -> int:
    try:
        return len(os.listdir("/proc/self/task"))  # noqa: PTH208
    except OSError:
        return threading.active_count()


if __name__ == "__main__":
    main()
