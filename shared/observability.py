"""Structured logs and metrics (AWS Lambda Powertools), made on first use."""

from functools import cache

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from shared.settings import settings

SERVICE = "routewise"


@cache
def logger() -> Logger:
    return Logger(service=SERVICE, level=settings().log_level)


@cache
def _metrics() -> Metrics:
    return Metrics(namespace="Routewise", service=SERVICE)


def count(metric: str) -> None:
    """Add one to a CloudWatch metric; it goes out with the invocation's end (embedded metric format)."""
    _metrics().add_metric(name=metric, unit=MetricUnit.Count, value=1)


def flush_metrics() -> None:
    if _metrics.cache_info().currsize and _metrics().provider.metric_set:
        _metrics().flush_metrics()
