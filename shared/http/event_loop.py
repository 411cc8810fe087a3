"""An event loop for one coroutine at a time, as an execution environment serves requests."""

import asyncio
from collections.abc import Coroutine
from typing import Any


class EagerLoop(asyncio.SelectorEventLoop):
    """Turns only where a coroutine waits for something, which those of our routes never do."""

    _starting = False

    def is_running(self) -> bool:
        return self._starting or super().is_running()

    def run[T](self, coroutine: Coroutine[Any, Any, T]) -> T:
        self._starting = True  # a task starts eagerly in a running loop alone
        asyncio._set_running_loop(self)
        try:
            task = asyncio.Task(coroutine, loop=self, eager_start=True)
        finally:
            asyncio._set_running_loop(None)
            self._starting = False
        return task.result() if task.done() else self.run_until_complete(task)
