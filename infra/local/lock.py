"""Locks a data folder for one stack at a time. The lock ends with its process, however that ends."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from infra.emulator.command_error import CommandError
from infra.local.config import Config


def is_locked(config: Config) -> bool:
    """Tells whether a stack runs with the folder."""
    with suppress(OSError), _file(config).open() as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def holder(config: Config) -> str:
    """Returns a description of the process that runs with the folder."""
    return _file(config).read_text() or "a stack"


@contextmanager
def locked(config: Config, user: str | None = None) -> Iterator[None]:
    """Creates the folder and locks it for this process. `user`: the command that asks, unless it is the
    stack.

    Errors: CommandError, if a stack runs with the folder or the folder is not writable.
    """
    with ExitStack() as resources:
        try:
            config.data_dir.mkdir(parents=True, exist_ok=True)
            lock = resources.enter_context(_file(config).open("a+"))
        except OSError as error:
            reason = f"cannot be written ({error.strerror})"
            raise CommandError(
                f"DATA_DIR is {config.data_dir}, which {reason}: set another DATA_DIR"
            ) from None
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CommandError(
                f"{holder(config)} already runs with its data in {config.data_dir}: "
                "use it, or set another DATA_DIR (and PORT)"
            ) from None
        config.state_file.unlink(missing_ok=True)  # a killed stack left it
        lock.truncate(0)
        lock.write(f"{user or config.origin} (process {os.getpid()})")
        lock.flush()
        yield
        lock.truncate(0)


def _file(config: Config) -> Path:
    return config.data_dir / "lock"
