"""The last calls and what their functions printed, told to whoever looks on."""

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
BACKLOG = 1000  # events that a reader may lag behind before it is let go


@dataclass(eq=False)
class Call:
    id: str  # the gateway's
    method: str
    path: str
    at: float = field(default_factory=time.time)
    route: str | None = None
    function: str | None = None
    invocation: str | None = None
    cold: bool = False
    status: int | None = None
    milliseconds: float | None = None
    note: str | None = None  # why the gateway answered itself
    turns: int = 0  # network turns with the database, as far as the function tells them
    statements: int = 0
    errors: int = 0
    records: list[Record] = field(default_factory=list, repr=False)
    limit: asyncio.Timeout | None = field(default=None, repr=False)  # the gateway's

    def summary(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name not in ("records", "limit")}

    def details(self) -> dict[str, Any]:
        return self.summary() | {"records": [asdict(record) for record in self.records]}

    def add(self, record: Record) -> None:
        self.turns += bool(record.sql)
        self.statements += len(record.sql)
        self.errors += record.level in ("ERROR", "CRITICAL")
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
        """`invocation`: the last one of the worker that printed it; a line may name its own request."""
        record = read(line)
        if record is None:
            return
        named = record.request_id or ""
        of_worker = self._invocations.get(invocation or "")
        call = self._calls.get(named) or self._invocations.get(named) or of_worker
        if call is not None:
            call.add(record)
            if call.status is not None:  # the answer was faster than the log
                self.changed(call)

    def changed(self, call: Call) -> None:
        self.tell("call", call.summary())

    def tell(self, event: str, data: Any = None) -> None:
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
        """What is told from now on."""
        reader: asyncio.Queue[dict[str, Any]] = asyncio.Queue(BACKLOG)
        self._readers.add(reader)
        try:
            yield reader
        finally:
            self._readers.discard(reader)
