"""The workers' structured logs made readable, in colour on a terminal."""

import json
import re
import sys
from typing import Any

COLOURS = {"DEBUG": "2", "INFO": "36", "WARNING": "33", "ERROR": "31", "CRITICAL": "31"}
REPORT = re.compile(
    r"REPORT .*Duration: (?P<duration>\S+) ms Memory Size: (?P<size>\d+) MB Max Memory Used: (?P<used>\S+) MB"
)
# The line names the function and the time already, or a person does not need it.
LEFT_OUT = {
    "level",
    "location",
    "message",
    "timestamp",
    "service",
    "taskName",
    "exception",
    "exception_name",
    "stack_trace",
    "xray_trace_id",
}


def show(function: str, line: str) -> None:
    print(readable(function, line, colour=sys.stdout.isatty()), flush=True)


def readable(function: str, line: str, *, colour: bool) -> str:
    name = function.removesuffix("Function")
    if report := REPORT.fullmatch(line):
        text = f"{name}  {report['duration']} ms in all, {report['used']} of {report['size']} MB"
        return f"\x1b[2m{text}\x1b[0m" if colour else text
    try:
        record = json.loads(line)
        level, message = record["level"], record["message"]
    except (ValueError, TypeError, KeyError):
        return f"{name}  {line}"
    fields = " ".join(f"{key}={value}" for key, value in record.items() if key not in LEFT_OUT)
    time = str(record.get("timestamp", ""))[11:23]
    text = f"{time} {_painted(level, colour)} {name}  {message}  {fields}".rstrip()
    return text + _indented(record)


def _painted(level: str, colour: bool) -> str:
    padded = f"{level:<7}"
    return f"\x1b[{COLOURS.get(level, '0')}m{padded}\x1b[0m" if colour else padded


def _indented(record: dict[str, Any]) -> str:
    trace = record.get("exception") or ""
    return "".join(f"\n    {line}" for line in trace.splitlines())
