"""At LOG_LEVEL=DEBUG a log line for each network turn: its statements and their time, never a value."""

from collections.abc import Sequence

from shared.database.driver.pipeline import OneFlushConnection
from shared.runtime.observability import logger


def log_turns() -> None:
    OneFlushConnection.after_turn = staticmethod(_log)


def _log(statements: Sequence[str], seconds: float) -> None:
    logger().debug("Network turn", sql=list(statements), duration_ms=round(seconds * 1000, 2))
