"""A function stops where its author wants it to, for as long as they look."""

import json
import os
import pty
import socket
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from infra.local.postgres import free_port
from tests.local.conftest import copy_of_the_project, running_stack
from tests.local.processes import failure
from tests.local.test_reload import PATIENCE, save
from tests.support.client import ROOT


class Debugger:
    """The least of a client of the Debug Adapter Protocol."""

    def __init__(self, port: int) -> None:
        give_up = time.monotonic() + PATIENCE
        while True:
            try:
                self._socket = socket.create_connection(("127.0.0.1", port), PATIENCE)
                break
            except ConnectionRefusedError:
                assert time.monotonic() < give_up
                time.sleep(0.02)
        self._stream = self._socket.makefile("rb")
        self._number = 0

    def send(self, command: str, **arguments: Any) -> int:
        self._number += 1
        message = {"seq": self._number, "type": "request", "command": command, "arguments": arguments}
        body = json.dumps(message).encode()
        self._socket.sendall(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        return self._number

    def until(self, **wanted: Any) -> dict[str, Any]:
        """The next message that has these values."""
        while True:
            length = 0
            while (line := self._stream.readline().strip()) != b"":
                length = int(line.rpartition(b" ")[2])
            message: dict[str, Any] = json.loads(self._stream.read(length))
            if all(message.get(name) == value for name, value in wanted.items()):
                return message

    def ask(self, command: str, **arguments: Any) -> dict[str, Any]:
        answer = self.until(type="response", request_seq=self.send(command, **arguments))
        assert answer["success"], answer
        return answer.get("body") or {}

    def close(self) -> None:
        self._stream.close()
        self._socket.close()


@contextmanager
def attached(port: int, file: Path, line: int) -> Iterator[Debugger]:
    debugger = Debugger(port)
    debugger.ask("initialize", adapterID="tests")
    attaching = debugger.send("attach", justMyCode=False)
    debugger.until(event="initialized")
    debugger.ask("setBreakpoints", source={"path": str(file)}, breakpoints=[{"line": line}])
    debugger.ask("configurationDone")
    debugger.until(type="response", request_seq=attaching)
    try:
        yield debugger
    finally:
        debugger.close()


@pytest.mark.sweep
def test_a_debugger_stops_the_function_that_waited_for_it(tmp_path: Path) -> None:
    port = free_port()
    file = ROOT / "functions/meta/health.py"
    line = 1 + next(n for n, text in enumerate(file.read_text().splitlines()) if "return" in text)
    with running_stack(tmp_path, DEBUG_FUNCTION="health", DEBUG_PORT=str(port)) as stack:
        waits = f"HealthFunction waits for your debugger on 127.0.0.1:{port} (debugpy)"
        assert f"debugger    {waits}" in stack.lines
        with attached(port, file, line) as debugger, ThreadPoolExecutor(1) as threads:
            call = threads.submit(stack.call, "GET", "/health", token=None)
            thread = debugger.until(event="stopped")["body"]["threadId"]
            frame = debugger.ask("stackTrace", threadId=thread)["stackFrames"][0]
            assert (frame["name"], frame["line"]) == ("health", line)
            assert debugger.ask("evaluate", expression="6 * 7", frameId=frame["id"])["result"] == "42"
            assert stack.call("GET", "/", token=None).status == 200  # others go on
            assert not call.done()
            debugger.ask("continue", threadId=thread)
            assert call.result().json() == {"status": "ok"}


@pytest.mark.sweep
def test_a_breakpoint_opens_on_the_terminal_and_time_stands_still(tmp_path: Path) -> None:
    project = copy_of_the_project(tmp_path)
    save(project / "template.yaml", "Timeout: 20", "Timeout: 1")
    save(project / "functions/meta/health.py", "    return ", "    found = 41\n    breakpoint()\n    return ")
    ours, theirs = pty.openpty()
    said = bytearray()

    def listen() -> None:
        while chunk := os.read(ours, 1000):
            said.extend(chunk)

    start = f"import os, runpy; os.dup2({theirs}, 0); runpy.run_module('infra.local', None, '__main__')"
    command = (sys.executable, "-c", start)
    with running_stack(tmp_path / "data", project, command, descriptors=(theirs,)) as stack:
        threading.Thread(target=listen, daemon=True).start()
        with ThreadPoolExecutor(1) as threads:
            call = threads.submit(stack.call, "GET", "/health", token=None)
            wait_for(said, b"(Pdb) ")
            os.write(ours, b"import time; time.sleep(1.5)\n")  # longer than the function may take
            os.write(ours, b"found + 1\n")
            wait_for(said, b"42\r\n")
            os.write(ours, b"continue\n")
            assert call.result().json() == {"status": "ok"}


def wait_for(said: bytearray, words: bytes) -> None:
    give_up = time.monotonic() + PATIENCE
    while words not in said:
        assert time.monotonic() < give_up, bytes(said)
        time.sleep(0.01)


@pytest.mark.sweep
def test_a_function_that_is_none_is_told(tmp_path: Path) -> None:
    line = failure(tmp_path, DEBUG_FUNCTION="helth")
    assert line == "error: no function is called helth: did you mean health? make routes lists them all"
