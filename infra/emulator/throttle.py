"""The stage's throttle. Source: API Gateway developer guide, "Throttle requests to your HTTP APIs"."""

import time


class Throttle:
    """A token bucket: `rate` requests a second and `burst` at once; None means no limit."""

    def __init__(self, rate: float | None, burst: int | None) -> None:
        self._rate, self._burst = rate, burst
        self._tokens, self._at = float(burst or 0), time.monotonic()

    def admits(self) -> bool:
        if self._rate is None or self._burst is None:
            return True
        now = time.monotonic()
        self._tokens = min(self._burst, self._tokens + (now - self._at) * self._rate)
        self._at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True
