"""Functions as Lambda runs them.

Source, unless another is named: AWS Lambda developer guide, "Understanding the Lambda execution environment
lifecycle".
"""

import asyncio
import os
import re
import signal
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from infra.emulator.worker import FunctionError, State, Worker
from tests.emulator.client import HttpAnswer
from tests.emulator.sample_project import Sample

ERROR = (500, b'{"message":"Internal Server Error"}')


def do(sample: Sample, what: str) -> HttpAnswer:
    return sample.call("POST", "/do", what)


def seen(answer: HttpAnswer) -> tuple[int, bytes]:
    return answer.status, answer.body


@pytest.mark.parametrize("failure", ["raise", "exit", "die"])
def test_a_function_that_fails_is_500_and_the_next_call_works(sample: Sample, failure: str) -> None:
    assert seen(do(sample, failure)) == ERROR
    assert do(sample, "nothing").status == 200


def test_a_handler_that_raises_keeps_its_worker(sample: Sample) -> None:
    before = do(sample, "environment").json()["pid"]
    do(sample, "raise")
    assert do(sample, "environment").json()["pid"] == before


def test_a_timeout_says_so_in_the_log_and_ends_the_worker(sample: Sample) -> None:
    before = sample.workers
    assert seen(sample.call("GET", "/hang")) == ERROR
    assert any(line.endswith("Task timed out after 1.00 seconds") for line in sample.printed)
    assert sample.workers == before


def test_a_failed_import_is_500_each_time_and_mends_with_its_file(sample: Sample) -> None:
    for _ in range(2):
        assert seen(sample.call("GET", "/broken")) == ERROR
    assert any("the import fails" in line for line in sample.printed)
    (sample.code / "broken.py").write_text("def handler(event, context): return 'mended'")
    assert sample.call("GET", "/broken").body == b"mended"


def test_a_start_that_takes_too_long_is_503_and_the_next_call_starts_anew(
    sample: Sample, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A cold start that outlasts the gateway's limit is 503 on AWS: nothing says that the function failed."""
    slow = "import time\ntime.sleep(3)\ndef handler(event, context): return 'late'"
    (sample.code / "broken.py").write_text(slow)
    sample.on_loop(lambda: sample.runtime.pool.discard_idle(lifetime=0))
    with monkeypatch.context() as patch:
        patch.setattr("infra.emulator.runtime.INIT_TIMEOUT", 0.5)
        assert seen(sample.call("GET", "/broken")) == (503, b'{"message":"Service Unavailable"}')
    assert sample.call("GET", "/broken").body == b"late"


def test_code_that_is_not_there_is_500(sample: Sample) -> None:
    assert seen(sample.call("GET", "/missing")) == ERROR
    assert sample.call("GET", "/posts/1").status == 200


def test_workers_start_on_demand_and_end_when_idle(sample: Sample) -> None:
    do(sample, "nothing")
    assert sample.workers > 0
    sample.on_loop(lambda: sample.runtime.pool.discard_idle(lifetime=0))
    assert sample.workers == 0
    assert do(sample, "nothing").status == 200
    assert sample.workers == 1


def test_the_environment_is_lambdas(sample: Sample, monkeypatch: pytest.MonkeyPatch) -> None:
    """Source: developer guide, "Working with Lambda environment variables"."""
    monkeypatch.setenv("SECRET_OF_THE_SHELL", "x")
    sample.on_loop(lambda: sample.runtime.pool.discard_idle(lifetime=0))
    variables = do(sample, "environment").json()["environment"]
    expected = {
        "AWS_EXECUTION_ENV": "AWS_Lambda_python3.13",
        "AWS_LAMBDA_FUNCTION_NAME": "DoFunction",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "_HANDLER": "handlers.do",
        "LAMBDA_TASK_ROOT": str(sample.code),
        "TZ": ":UTC",
        "COLOUR": "blue",
    }
    assert {name: variables[name] for name in expected} == expected
    assert {"AWS_REGION", "AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_RUNTIME_API"} <= set(variables)
    assert "SECRET_OF_THE_SHELL" not in variables


def test_the_context_tells_what_is_left(sample: Sample) -> None:
    context = do(sample, "context").json()
    assert (context["name"], context["memory"]) == ("DoFunction", "256")
    assert 0 < context["remaining"] <= 20_000


def test_each_invocation_ends_with_a_report_of_its_memory(sample: Sample) -> None:
    sample.printed.clear()
    do(sample, "context")
    [report] = reports(sample)
    assert report.endswith(" of 256 MB")


def reports(sample: Sample) -> list[str]:
    return [line for line in sample.printed if re.match(r"[\d.]+ ms in all, \d+ of ", line)]


class TestAWorkerThatDiesBeforeItTakesTheCall:
    """The handler has not begun, so another worker serves the call."""

    def idle_worker(self, sample: Sample) -> Worker:
        sample.on_loop(lambda: sample.runtime.pool.discard_idle(lifetime=0))
        do(sample, "nothing")
        [worker] = sample.runtime.pool.workers
        return worker

    def test_just_before_the_call_arrives(self, sample: Sample) -> None:
        worker = self.idle_worker(sample)

        def die_unnoticed() -> None:
            process = worker.process
            assert process
            with ThreadPoolExecutor(1) as threads:  # the emulator sees death and call at the same moment
                os.kill(process.pid, signal.SIGKILL)
                os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
                sent.append(callers.submit(do, sample, "environment"))
                threads.submit(time.sleep, 0.3).result()

        sent: list = []
        with ThreadPoolExecutor(1) as callers:
            sample.on_loop(die_unnoticed)
            assert sent[0].result(timeout=10).json()["pid"] != worker.process.pid

    def test_between_the_choice_of_the_worker_and_the_handler(self, sample: Sample) -> None:
        worker = self.idle_worker(sample)
        function = worker.function
        sample.printed.clear()

        async def die_when_chosen() -> object:
            call = asyncio.create_task(sample.runtime.invoke(function, {"body": '"context"'}))
            while worker.state is not State.BUSY:
                await asyncio.sleep(0)
            sample.runtime.pool.failed(worker, FunctionError("killed"))
            async with asyncio.timeout(10):
                return await call

        assert sample.wait(die_when_chosen())["name"] == "DoFunction"
        assert len(reports(sample)) == 1
