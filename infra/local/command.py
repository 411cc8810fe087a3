"""Common behaviour of all commands: a line for each step, one for an error, none for Ctrl-C."""

import os
import sys
from collections.abc import Callable

from infra.emulator.command_error import CommandError


def run(main: Callable[[], None]) -> None:
    try:
        main()
    except CommandError as error:
        sys.exit(f"error: {error}")
    except KeyboardInterrupt:
        sys.exit(130)  # a shell's status for Ctrl-C
    except BrokenPipeError:  # the reader closed the pipe, as head does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def step(name: str, what: str) -> None:
    print(f"{name:<12}{what}", flush=True)
