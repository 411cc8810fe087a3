"""Keeps the last calls with the output of their functions, and streams changes to readers."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any

from infra.emulator.records import Record, read

CALLS = 200  # kept
LINES = 500  # kept of a call
BACKLOG = 1000  # events that a reader may lag behind before it is dropped


@dataclass(eq=False)
class Call:
    id: str  # the gateway's
    method: str
    path: str
    query: str
    at: float = field(default_factory=time.time)
    route: str | None = None
    function: str | None = None
    invocation: str | None = None
    cold: bool = False
    status: int | None = None
    milliseconds: float | None = None
    note: str | None = None  # why the gateway answered instead of the function
    round_trips: int = 0  # to the database, as far as the function logs them
    statements: int = 0
    records: list[Record] = field(default_factory=list, repr=False)
    limit: asyncio.Timeout | None = field(default=None, repr=False)  # the gateway's

    def summary(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name not in ("records", "limit")}

    def details(self) -> dict[str, Any]:
        return self.summary() | {"records": [asdict(record) for record in self.records]}

    def add(self, record: Record) -> None:
        self.round_trips += bool(record.sql)
        self.statements += len(record.sql)
        if len(self.records) < LINES:
            self.records.append(record)


class Activity:
    def __init__(self) -> None:
        self._calls: OrderedDict[str, Call] = OrderedDict()
        self._invocations: dict[str, Call] = {}
        self._readers: set[asyncio.Queue[dict[str, Any]]] = set()

    def begin(self, call: Call) -> None:
        self._calls[call.id] = call
        while len(self._calls) > CALLS:
            _, oldest = self._calls.popitem(last=False)
            self._invocations.pop(oldest.invocation or "", None)
        self.changed(call)

    def invoked(self, call: Call, invocation: str, *, cold: bool) -> None:
        call.invocation, call.cold = invocation, cold
        self._invocations[invocation] = call

    def printed(self, line: str, invocation: str | None) -> None:
        """Adds a line to its call: the request that the line names, or the worker's last `invocation`."""
        record = read(line)
        if record is None:
            return
        named = record.request_id or ""
        of_worker = self._invocations.get(invocation or "")
        call = self._calls.get(named) or self._invocations.get(named) or of_worker
        if call is not None:
            call.add(record)
            if call.status is not None:  # the answer arrived before the log line
                self.changed(call)

    def changed(self, call: Call) -> None:
        self.publish("call", call.summary())

    def publish(self, event: str, data: Any = None) -> None:
        for reader in list(self._readers):
            try:
                reader.put_nowait({"event": event, "data": data})
            except asyncio.QueueFull:
                self._readers.discard(reader)

    def calls(self) -> list[dict[str, Any]]:
        """The newest first."""
        return [call.summary() for call in reversed(self._calls.values())]

    def details(self, call_id: str) -> dict[str, Any] | None:
        call = self._calls.get(call_id)
        return call.details() if call else None

    @contextmanager
    def read(self) -> Iterator["asyncio.Queue[dict[str, Any]]"]:
        """A queue of the events from now on."""
        reader: asyncio.Queue[dict[str, Any]] = asyncio.Queue(BACKLOG)
        self._readers.add(reader)
        try:
            yield reader
        finally:
            self._readers.discard(reader)
