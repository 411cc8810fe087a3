"""A data folder serves one stack at a time. The lock ends with the process that holds it, however it ends."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from infra.emulator.failure import Failure
from infra.local.config import Config


def is_locked(config: Config) -> bool:
    """Whether a stack runs with the folder."""
    with suppress(FileNotFoundError), (config.data_dir / "lock").open() as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


@contextmanager
def locked(config: Config) -> Iterator[None]:
    """Errors: Failure, where a stack runs with the folder, in a line that says which."""
    file = config.data_dir / "lock"
    with file.open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise Failure(
                f"{lock.read() or 'a stack'} runs with its data in {config.data_dir} already: "
                "use it, or set another DATA_DIR (and PORT)"
            ) from None
        lock.truncate(0)
        lock.write(f"{config.origin} (process {os.getpid()})")
        lock.flush()
        yield
        lock.truncate(0)
