"""CloudFormation's custom resources: sends exactly one answer to every event.

Without an answer a stack waits for an hour, and again for the rollback. Uses only the standard library.
Source: CloudFormation user guide, "Custom resource request and response reference".
"""

import json
import logging
import os
import signal
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

MARGIN = 15  # seconds reserved for the answer
MAX_REASON = 1000  # characters; CloudFormation takes 4 KB in all
ATTEMPTS = 3
SERVICE, NAMESPACE = "routewise", "Routewise"  # as in shared/runtime/product.py
FAILURE = "CustomResourceFailure"  # the metric

type Act = Callable[[Mapping[str, Any]], dict[str, str]]
type Handler = Callable[[dict[str, Any], Any], None]


class Refused(Exception):
    """The resource cannot be created; the message tells the operator why."""


class OutOfTime(BaseException):
    """Not an Exception, so that no handler on the way catches it."""


def custom_resource(act: Act) -> Handler:
    """Returns a handler that answers with the result of `act` on the resource's properties. Delete does
    nothing.
    """

    def handler(event: dict[str, Any], context: Any) -> None:
        seconds = context.get_remaining_time_in_millis() / 1000 - MARGIN
        try:
            with _deadline(seconds):
                data = act(event["ResourceProperties"]) if event["RequestType"] != "Delete" else {}
        except OutOfTime:
            _answer(event, "FAILED", reason=f"It did not end within {seconds:.0f} seconds and was stopped")
        except Exception as error:
            logging.getLogger().exception("The custom resource failed")
            reason = str(error) if isinstance(error, Refused) else f"{type(error).__name__}: {error}"
            _answer(event, "FAILED", reason=reason)
        else:
            _answer(event, "SUCCESS", data=data)

    return handler


@contextmanager
def _deadline(seconds: float) -> Iterator[None]:
    def ring(*_: object) -> None:
        raise OutOfTime

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, max(seconds, 0.001))
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _answer(
    event: Mapping[str, Any], status: str, reason: str = "", data: Mapping[str, str] | None = None
) -> None:
    if status == "FAILED":
        _count_failure()
    answer = {
        "Status": status,
        "Reason": reason[:MAX_REASON],
        # Never changes: for another id CloudFormation would delete the old resource.
        "PhysicalResourceId": event.get("PhysicalResourceId") or event["LogicalResourceId"],
        "StackId": event["StackId"],
        "RequestId": event["RequestId"],
        "LogicalResourceId": event["LogicalResourceId"],
        "Data": dict(data or {}),
    }
    request = urllib.request.Request(  # noqa: S310
        event["ResponseURL"],
        data=json.dumps(answer).encode(),
        method="PUT",
        headers={"Content-Type": ""},  # the URL's signature covers this header
    )
    for attempt in range(ATTEMPTS):
        try:
            with urllib.request.urlopen(request, timeout=MARGIN / ATTEMPTS - 1):  # noqa: S310
                return
        except OSError:
            logging.getLogger().exception("CloudFormation did not take the answer")
            time.sleep(attempt)


def _count_failure() -> None:
    """Counts a failure in CloudWatch as shared/runtime/observability.py does, even after a failed import.

    Source: CloudWatch user guide, "Specification: Embedded metric format".
    """
    dimensions = {"service": SERVICE, "stage": os.environ.get("STAGE", "local")}
    metric = {
        "Namespace": NAMESPACE,
        "Dimensions": [list(dimensions)],
        "Metrics": [{"Name": FAILURE, "Unit": "Count"}],
    }
    told = {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [metric]}
    print(json.dumps({"_aws": told, FAILURE: 1} | dimensions), flush=True)
