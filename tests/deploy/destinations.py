"""Destinations of asynchronous invocations in ministack, which itself delivers failures alone.

The record has AWS's shape. Source: AWS Lambda developer guide, "Retaining records of asynchronous
invocations".
"""

import contextvars
import threading
import time
from collections.abc import Callable
from typing import Any

from ministack.core.responses import new_uuid
from ministack.services import lambda_svc

type Json = dict[str, Any]


def install() -> None:
    lambda_svc.invoke_async_with_retry = _with_destinations(lambda_svc.invoke_async_with_retry)


def _with_destinations(retried: Callable[[Json, Json], None]) -> Callable[[Json, Json], None]:
    """Functions without destinations, and with retries, stay ministack's."""

    def invoke(function: Json, event: Json) -> None:
        by_version = function.get("event_invoke_configs", {})
        configured = function.get("event_invoke_config") or by_version.get("$LATEST") or {}
        if configured.get("DestinationConfig") and configured["MaximumRetryAttempts"] == 0:
            context = contextvars.copy_context()
            arguments = (_invoke_once, function, event, configured["DestinationConfig"], invoke)
            threading.Thread(target=context.run, args=arguments, daemon=True).start()
        else:
            retried(function, event)

    return invoke


type Invoke = Callable[[Json, Json], None]


def _invoke_once(function: Json, event: Json, destinations: Json, invoke: Invoke) -> None:
    result = lambda_svc._execute_function(function, event)
    failed = bool(result.get("error"))
    chosen = destinations.get("OnFailure" if failed else "OnSuccess") or {}
    if "Destination" in chosen:
        target, _, _ = lambda_svc._get_func_record_for_ref(chosen["Destination"])
        invoke(target, _record(function, event, result, failed))


def _record(function: Json, event: Json, result: Json, failed: bool) -> Json:
    answered = {"statusCode": 200, "executedVersion": "$LATEST"}
    return {
        "version": "1.0",
        "timestamp": time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime()),
        "requestContext": {
            "requestId": new_uuid(),
            "functionArn": f"{function['config']['FunctionArn']}:$LATEST",
            "condition": "RetriesExhausted" if failed else "Success",
            "approximateInvokeCount": 1,
        },
        "requestPayload": event,
        "responseContext": answered | ({"functionError": "Unhandled"} if failed else {}),
        "responsePayload": result.get("body"),
    }
