"""How long discovery and the key set take from cold with the processor share of a 512 MB function.

From the start of the interpreter, through the real runtime client, to the answer. A process that has used
more than its share is stopped until it has not. Lambda is kinder: it starts the interpreter before the
share counts, and gives the whole of a processor while modules are imported (the init phase, up to 10 s);
the share holds for the handler alone. So these are upper bounds but for what only Lambda adds: fetching the
code, making the environment, and the way through the gateway. On a busy machine the processor's time says
more than the clock.
"""

import json
import os
import signal
import statistics
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from infra.emulator.python import Python
from tests.performance.progress import step
from tests.performance.setup import Ground
from tests.performance.table import Figure
from tests.support.client import ROOT, make_event

SHARE = 512 / 1769  # of a processor, 0.29: a function has a whole one with 1,769 MB
TICK = 0.005  # seconds
ROUNDS = 9
LONGEST_ANSWER = 1500  # ms that a gateway waits
DOCUMENTS = {
    "meta.openid_configuration.handler": "/.well-known/openid-configuration",
    "meta.jwks.handler": "/.well-known/jwks.json",
}


class RuntimeApi:
    """Gives out one event, and keeps when it was answered."""

    def __init__(self, event: dict[str, Any]) -> None:
        self.answered, self.status, outer = threading.Event(), 0, self
        events = [event]

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if not events:
                    time.sleep(LONGEST_ANSWER)  # there is no second call; the process ends before
                self.send_response(200)
                self.send_header("Lambda-Runtime-Aws-Request-Id", "1")
                self.send_header("Lambda-Runtime-Deadline-Ms", str(int(time.time() * 1000) + 5000))
                self.send_header("Lambda-Runtime-Invoked-Function-Arn", "arn")
                self.send_header("Lambda-Runtime-Trace-Id", "trace")
                self.send_header("Content-Type", "application/json")
                self.end_headers()
                self.wfile.write(json.dumps(events.pop()).encode())

            def do_POST(self) -> None:
                answer = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                outer.status = answer.get("statusCode", 0)
                outer.answered.set()
                self.send_response(202)
                self.end_headers()

            def log_message(self, *_: Any) -> None: ...

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


def cold(python: Python, handler: str, path: str) -> tuple[float, float]:
    """Milliseconds from the start of the process to its answer, by the clock and on a processor."""
    api = RuntimeApi(make_event("GET", path, path) | {"stageVariables": {"Issuer": "https://issuer.test"}})
    environment = {
        "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{api.server.server_port}",
        "AWS_EXECUTION_ENV": "AWS_Lambda_python3.13",
        "AWS_LAMBDA_FUNCTION_NAME": "cold",
        "AWS_LAMBDA_FUNCTION_VERSION": "1",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
        "AWS_LAMBDA_LOG_GROUP_NAME": "cold",
        "AWS_LAMBDA_LOG_STREAM_NAME": "cold",
        "LAMBDA_TASK_ROOT": str(ROOT / "functions"),
        "KEY_SET": '{"keys":[]}',
        "PYTHONPATH": os.pathsep.join(map(str, (ROOT / "functions", *python.path))),
    }
    started = time.monotonic()
    process = subprocess.Popen([*python.command, "-m", "awslambdaric", handler], env=environment)
    try:
        while not api.answered.is_set():
            assert process.poll() is None, f"{handler} ended before it answered"
            keep_to_share(process.pid, started)
        took, used = time.monotonic() - started, seconds_used(process.pid)
    finally:
        process.kill()
        process.wait()
    api.server.shutdown()
    api.server.server_close()
    assert api.status == 200, f"{handler} answered {api.status}"
    return took * 1000, used * 1000


def seconds_used(pid: int) -> float:
    """By the threads that there are; of one that ends meanwhile, nothing."""
    used = 0
    for task in Path(f"/proc/{pid}/task").glob("*/schedstat"):
        with suppress(FileNotFoundError, ProcessLookupError):
            used += int(task.read_text().split()[0])
    return used / 1e9


def keep_to_share(pid: int, started: float) -> None:
    ahead = seconds_used(pid) / SHARE - (time.monotonic() - started)
    if ahead > 0:
        os.kill(pid, signal.SIGSTOP)
        time.sleep(ahead)
        os.kill(pid, signal.SIGCONT)
    time.sleep(TICK)


def documents(ground: Ground) -> Iterator[Figure]:
    step("documents that the gateway waits for")
    for handler, path in DOCUMENTS.items():
        cold(ground.python, handler, path)  # bytecode is written
        took, used = zip(*(cold(ground.python, handler, path) for _ in range(ROUNDS)), strict=True)
        detail = f"{min(took):.0f} to {max(took):.0f}; {statistics.median(used):.0f} ms on a processor"
        name = f"{path.rpartition('/')[2]} from cold at {SHARE:.2f} of a processor, ms"
        yield Figure(name, round(statistics.median(took)), LONGEST_ANSWER, detail)
