"""At LOG_LEVEL=DEBUG, logs a line for each round trip: its statements and their time, never a value."""

from collections.abc import Sequence

from shared.database.driver.pipeline import PipelinedConnection
from shared.runtime.observability import logger


def log_round_trips() -> None:
    PipelinedConnection.after_round_trip = staticmethod(_log)


def _log(statements: Sequence[str], seconds: float) -> None:
    logger().debug("Round trip", sql=list(statements), duration_ms=round(seconds * 1000, 2))
