"""The stage's throttle. Source: API Gateway developer guide, "Throttle requests to your HTTP APIs"."""

import time

ACCOUNT_RATE, ACCOUNT_BURST = 10_000.0, 5_000.0


class Throttle:
    """A token bucket: `rate` requests a second and `burst` at once; None means the account's limit."""

    def __init__(self, rate: float | None, burst: float | None) -> None:
        self.rate = ACCOUNT_RATE if rate is None else rate
        self._burst = ACCOUNT_BURST if burst is None else burst
        self._tokens, self._at = self._burst, time.monotonic()

    def admits(self) -> bool:
        now = time.monotonic()
        self._tokens = min(self._burst, self._tokens + (now - self._at) * self.rate)
        self._at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True
