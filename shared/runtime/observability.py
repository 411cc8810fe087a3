"""Structured logs and metrics (AWS Lambda Powertools), loaded on first use."""

import logging
from functools import cache
from typing import Literal

from shared.runtime.product import NAME, NAMESPACE
from shared.runtime.settings import SettingsError, settings

from aws_lambda_powertools import Logger


@cache
def logger() -> Logger:
    # What no line shows is not looked up. Source: Python's Logging HOWTO, "Optimization".
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    logging.logAsyncioTasks = False  # type: ignore[attr-defined]  # typeshed does not know it
    as_they_are = str  # a message is text; Powertools would try to read each one as JSON
    made = Logger(service=NAME, level="INFO", json_deserializer=as_they_are)
    try:
        made.setLevel(settings().log_level)
    except SettingsError as error:  # no call fails for it
        made.error(str(error))
    return made


def count(metric: str, **dimensions: str) -> None:
    """Sends one more of a CloudWatch metric, at once (embedded metric format)."""
    measure(metric, 1, "Count", **dimensions)


def measure(metric: str, value: float, unit: Literal["Count", "Seconds"], **dimensions: str) -> None:
    """Sends a value of a CloudWatch metric, likewise."""
    from aws_lambda_powertools.metrics import MetricUnit, single_metric  # which most calls do not need

    # An account may have several stages.
    always = {"service": NAME, "stage": settings().stage}
    with single_metric(
        metric, MetricUnit[unit], value, namespace=NAMESPACE, default_dimensions=always | dimensions
    ):
        pass
