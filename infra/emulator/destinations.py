"""Asynchronous invocations: the record of each goes to the function's destination.

Source: AWS Lambda developer guide, "Retaining records of asynchronous invocations".
"""

import json
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from infra.emulator.environment import arn
from infra.emulator.model import Function
from infra.emulator.runtime import Runtime
from infra.emulator.worker import FunctionError


async def invoke_async(
    runtime: Runtime, functions: Mapping[str, Function], function: Function, event: Any
) -> None:
    """Invokes the function once, then its destination with the record of that, and so on."""
    destination: str | None = function.name
    while destination is not None:
        function = functions[destination]
        try:
            result, error = await runtime.invoke(function, event), None
            destination = function.on_success
        except FunctionError as failure:
            result, error = report(failure), "Unhandled"
            destination = function.on_failure
        event = record(arn(function), event, result, error)


def record(function_arn: str, request: Any, response: Any, error: str | None = None) -> dict[str, Any]:
    """Returns the record of an invocation, as its destination gets it."""
    context = {"statusCode": 200, "executedVersion": "$LATEST"}
    return {
        "version": "1.0",
        "timestamp": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "requestContext": {
            "requestId": str(uuid.uuid4()),
            "functionArn": f"{function_arn}:$LATEST",
            "condition": "RetriesExhausted" if error else "Success",
            "approximateInvokeCount": 1,
        },
        "requestPayload": request,
        "responseContext": context | ({"functionError": error} if error else {}),
        "responsePayload": response,
    }


def report(error: FunctionError) -> dict[str, Any]:
    """Returns the runtime client's report of an error, or what Lambda says in its place."""
    try:
        return dict(json.loads(str(error)))
    except (ValueError, TypeError):
        return {"errorMessage": str(error)}
