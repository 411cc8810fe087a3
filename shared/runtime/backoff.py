"""Pauses between attempts to reach a failing server, so that an outage delays few requests."""

import time

from shared.runtime.snapshot import after_restore

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 30.0  # seconds; each failure in a row doubles the pause


class Backoff:
    def __init__(self) -> None:
        self._pause = self._paused_until = 0.0
        after_restore(self.note_answer)  # a restored environment has another clock

    @property
    def is_over(self) -> bool:
        """True if the server is worth asking: it has not failed, or the pause after that has passed."""
        return time.monotonic() >= self._paused_until

    @property
    def has_failed(self) -> bool:
        """True from a failure until the next answer."""
        return self._pause > 0

    def note_failure(self) -> None:
        self._pause = min(2 * self._pause or FIRST_PAUSE, LONGEST_PAUSE)
        self._paused_until = time.monotonic() + self._pause

    def note_answer(self) -> None:
        self._pause = self._paused_until = 0.0
