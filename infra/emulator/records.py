"""Parses lines that workers print: structured logs, the runtime client's records, and anything else."""

import json
import re
from dataclasses import dataclass, field
from typing import Any

DEFAULT_LEVEL = "INFO"
LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
# The runtime client's forms of a log record and of an uncaught error, and the advice that it adds to each.
RUNTIME_RECORD = re.compile(r"\[(?P<level>[A-Z]+)\]\t(?P<time>\S*)\t(?P<id>\S*)\t(?P<message>.*)", re.DOTALL)
RUNTIME_ERROR = re.compile(r"\[ERROR\] (?P<message>[^\r]*)(?P<trace>.*)", re.DOTALL)
METRICS = "_aws"  # the key of CloudWatch's embedded metric format
ADVICE = "LAMBDA_WARNING: Unhandled exception"


@dataclass(frozen=True)
class Record:
    """`sql`: the statements of one round trip, if the function logs them under that key."""

    level: str
    message: str
    time: str = ""  # of day
    request_id: str | None = None
    fields: dict[str, Any] = field(default_factory=dict)
    trace: str = ""
    sql: tuple[str, ...] = ()


# The printed line has the function and the time already; the rest does not help a person.
LEFT_OUT = {
    *("level", "location", "message", "timestamp", "service", "taskName", "xray_trace_id"),
    *("exception", "exception_name", "stack_trace", "sql"),
}


def read(line: str) -> Record | None:
    """Parses a line; None for the runtime client's advice, and for metrics, which no person reads."""
    if ADVICE in line:
        return None
    if record := RUNTIME_RECORD.fullmatch(line):
        level = record["level"] if record["level"] in LEVELS else "INFO"
        return Record(level, record["message"].strip(), record["time"][11:23], record["id"] or None)
    if error := RUNTIME_ERROR.fullmatch(line):
        trace = error["trace"].replace("\r", "\n").replace("\xa0", " ").strip()
        return Record("ERROR", error["message"].strip(), trace=trace)
    try:
        parsed = json.loads(line)
        return None if isinstance(parsed, dict) and METRICS in parsed else _structured(parsed)
    except (ValueError, TypeError, KeyError, AttributeError):
        return Record("INFO", line)


def _structured(record: dict[str, Any]) -> Record:
    level = record["level"]
    return Record(
        level if level in LEVELS else "INFO",
        str(record["message"]),
        str(record.get("timestamp", ""))[11:23],
        record.get("request_id"),
        {key: value for key, value in record.items() if key not in LEFT_OUT},
        record.get("exception") or "",
        tuple(record.get("sql") or ()),
    )
