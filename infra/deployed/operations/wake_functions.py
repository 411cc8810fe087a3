"""Calls the stack's functions once a week, because Lambda makes idle ones inactive.

Lambda removes the network interface of a function that nobody calls for weeks, and a snapshot after 14 days.
The next call fails while Lambda makes them again, which takes about a minute. This function makes that call,
so no user does.
Sources: Lambda developer guide, "Lambda function states" and "Lambda SnapStart and function states".
"""

import logging
import os
import time
from collections.abc import Iterator
from typing import Any

import boto3
from botocore.exceptions import ClientError

PAUSE = 60  # seconds in which Lambda makes an interface or a snapshot
EVENT = b"{}"  # no API event: functions answer 400 before they count or read anything

LOGGER = logging.getLogger()


def handler(event: object, context: object) -> dict[str, int]:
    """Returns the number of functions called, and of those that stay inactive after a second call."""
    functions = boto3.client("lambda")
    called = [name for name in _functions(os.environ["STACK"]) if _may_sleep(functions, name)]
    asleep = [name for name in called if not _answers(functions, name)]
    if asleep:
        time.sleep(PAUSE)
        asleep = [name for name in asleep if not _answers(functions, name)]
    for name in asleep:
        LOGGER.error("%s does not wake up", name)
    return {"called": len(called), "asleep": len(asleep)}


def _functions(stack: str) -> Iterator[str]:
    pages = boto3.client("cloudformation").get_paginator("list_stack_resources").paginate(StackName=stack)
    functions = "StackResourceSummaries[?ResourceType == 'AWS::Lambda::Function'].PhysicalResourceId"
    yield from pages.search(functions)


def _may_sleep(functions: Any, name: str) -> bool:
    found = functions.get_function_configuration(FunctionName=name, Qualifier="live")
    return bool(found.get("VpcConfig", {}).get("VpcId")) or (
        found.get("SnapStart", {}).get("ApplyOn", "None") != "None"
    )


def _answers(functions: Any, name: str) -> bool:
    """Returns True once the function's code has run, whatever it answered."""
    try:
        functions.invoke(FunctionName=name, Qualifier="live", Payload=EVENT)
    except ClientError as error:
        LOGGER.warning("%s: %s", name, error)
        return False
    return True
