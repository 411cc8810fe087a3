"""Starts the runtime client in a worker's process, as `python -m awslambdaric HANDLER` does.

    launcher.py TERMINAL

`breakpoint()` in a function opens Python's debugger on the device TERMINAL. The script imports little, since
every worker pays for it.
"""

import os
import runpy
import sys
from typing import Any

CLIENT = "awslambdaric"


def main() -> None:
    sys.breakpointhook = break_in
    sys.path[0] = os.getcwd()  # noqa: PTH109  pathlib would be one more module
    sys.argv[:] = [CLIENT, os.environ["_HANDLER"]]
    runpy.run_module(CLIENT, run_name="__main__", alter_sys=True)


def break_in(*_: Any, **__: Any) -> None:
    """Opens the debugger after asking the emulator to suspend the timeouts of this invocation."""
    if not TERMINAL:
        print("breakpoint() needs a terminal: start the emulator in one")
        return
    from http.client import HTTPConnection
    from pdb import Pdb

    emulator = HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
    emulator.request("POST", "/pause")
    emulator.getresponse().read()
    emulator.close()
    opened = os.open(TERMINAL, os.O_RDWR | os.O_NOCTTY)
    debugger = Pdb(stdin=os.fdopen(os.dup(opened)), stdout=os.fdopen(opened, "w"))
    debugger.set_trace(sys._getframe(1))


if __name__ == "__main__":
    TERMINAL = sys.argv[1]
    main()
