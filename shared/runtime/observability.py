"""Structured logs and metrics (AWS Lambda Powertools), created on first use."""

import logging
from functools import cache
from typing import TYPE_CHECKING, Literal

from shared.runtime.settings import SettingsError, settings

from aws_lambda_powertools import Logger

if TYPE_CHECKING:
    from aws_lambda_powertools.metrics import Metrics

SERVICE = "routewise"


@cache
def logger() -> Logger:
    # What no line shows is not looked up. Source: Python's Logging HOWTO, "Optimization".
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    logging.logAsyncioTasks = False  # type: ignore[attr-defined]  # typeshed does not know it
    as_they_are = str  # a message is text; Powertools would try to read each one as JSON
    made = Logger(service=SERVICE, level="INFO", json_deserializer=as_they_are)
    try:
        made.setLevel(settings().log_level)
    except SettingsError as error:  # no call fails for it
        made.error(str(error))
    return made


@cache
def _metrics() -> "Metrics":
    from aws_lambda_powertools.metrics import Metrics  # which most calls count nothing with

    metrics = Metrics(namespace="Routewise", service=SERVICE)
    metrics.set_default_dimensions(stage=settings().stage)  # an account may have several
    return metrics


def count(metric: str) -> None:
    """Adds one to a CloudWatch metric, sent at the end of the invocation (embedded metric format)."""
    measure(metric, 1)


def measure(metric: str, value: float, unit: Literal["Count", "Seconds"] = "Count") -> None:
    """Adds a value to a CloudWatch metric, likewise."""
    _metrics().add_metric(name=metric, unit=unit, value=value)


def count_server_error() -> None:
    """Adds one to this release's 5xx, which stop a canary. It goes out at once."""
    from aws_lambda_powertools.metrics import MetricUnit, single_metric

    given = settings()
    dimensions = {"service": SERVICE, "stage": given.stage, "release": given.release}
    with single_metric(
        "ServerErrors", MetricUnit.Count, 1, namespace="Routewise", default_dimensions=dimensions
    ):
        pass


def flush_metrics() -> None:
    if _metrics.cache_info().currsize and _metrics().provider.metric_set:
        _metrics().flush_metrics()
