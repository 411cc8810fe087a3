"""Failures of a deployment, from the events of its stack and the nested stacks.

SAM prints only the stack's own events, which name a failed nested stack without the reason.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import takewhile
from typing import Any

import boto3
from botocore.exceptions import ClientError

from infra.tools.deployment.preview import STACK

CANCELLED = ("Resource creation cancelled", "Resource update cancelled")  # because another resource failed

type Event = Mapping[str, Any]


class Events:
    """A stack's events from now on: those of the next deployment."""

    def __init__(self, session: boto3.Session, stack: str) -> None:
        self._formation, self._stack = session.client("cloudformation"), stack
        self._last = self._newest_event()

    def failures(self) -> list[str]:
        """Returns the failed resources with their reasons, oldest first; empty if no deployment began."""
        new = takewhile(lambda each: each["EventId"] != self._last, self._newest_first(self._stack))
        events = list(new)[::-1]
        return self._told(events, "") or [_reason(each) for each in events if _is_taken_back(each)]

    def _newest_event(self) -> str | None:
        try:
            return str(next(self._newest_first(self._stack))["EventId"])
        except ClientError as error:
            if "does not exist" in str(error):
                return None
            raise

    def _newest_first(self, stack: str) -> Iterator[Event]:
        """Yields events. The id finds a nested stack even after its deletion."""
        pages = self._formation.get_paginator("describe_stack_events").paginate(StackName=stack)
        yield from pages.search("StackEvents")

    def _told(self, events: list[Event], where: str) -> list[str]:
        lines: dict[str, None] = {}  # once each, in order
        for event in events:
            if not event["ResourceStatus"].endswith("_FAILED") or _is_its_own(event):
                continue
            if _reason(event) not in CANCELLED:
                name = where + event["LogicalResourceId"]
                inner = self._nested(event, name, events[0]["Timestamp"])
                lines |= dict.fromkeys(inner or [f"{name}: {_reason(event)}"])
        return list(lines)

    def _nested(self, event: Event, name: str, begun: datetime) -> list[str]:
        stack = event.get("PhysicalResourceId")
        if event["ResourceType"] != STACK or not stack:
            return []
        new = takewhile(lambda each: each["Timestamp"] >= begun, self._newest_first(stack))
        events = list(new)[::-1]
        return (
            self._told(events, f"{name}/")
            or [f"{name}: {_reason(each)}" for each in events if _is_taken_back(each)][:1]
        )


def _is_its_own(event: Event) -> bool:
    """Tells whether the event is about the stack itself, which is listed among its resources."""
    return bool(event.get("PhysicalResourceId") == event["StackId"])


def _is_taken_back(event: Event) -> bool:
    status = event["ResourceStatus"]
    return _is_its_own(event) and ("FAILED" in status or "ROLLBACK" in status) and bool(_reason(event))


def _reason(event: Event) -> str:
    return " ".join(event.get("ResourceStatusReason", "").split())
