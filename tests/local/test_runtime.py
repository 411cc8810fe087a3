"""Functions as Lambda runs them.

Source, unless another is named: AWS Lambda developer guide, "Understanding the Lambda execution environment
lifecycle" and "Understanding Lambda function scaling".
"""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from infra.emulator import runtime
from tests.local.conftest import HttpAnswer
from tests.local.sample_project import Sample

ERROR = (500, b'{"message":"Internal Server Error"}')
UNAVAILABLE = (503, b'{"message":"Service Unavailable"}')


@pytest.fixture
def sample(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sample]:
    running = Sample(tmp_path_factory.mktemp("sample"))
    yield running
    running.stop()


def do(sample: Sample, what: str) -> HttpAnswer:
    return sample.call("POST", "/do", what)


def shown(answer: HttpAnswer) -> tuple[int, bytes]:
    return answer.status, answer.body


@pytest.mark.parametrize("failure", ["raise", "exit", "die", "sleep"])
def test_a_function_that_fails_is_500_and_the_next_call_works(sample: Sample, failure: str) -> None:
    assert shown(do(sample, failure)) == ERROR
    assert do(sample, "nothing").status == 200


def test_a_handler_that_raises_keeps_its_worker(sample: Sample) -> None:
    before = do(sample, "environment").json()["pid"]
    do(sample, "raise")
    assert do(sample, "environment").json()["pid"] == before


def test_a_timeout_says_so_in_the_log_and_ends_the_worker(sample: Sample) -> None:
    before = do(sample, "environment").json()["pid"]
    assert shown(do(sample, "sleep")) == ERROR
    assert any(line.endswith("Task timed out after 1.00 seconds") for line in sample.printed)
    assert do(sample, "environment").json()["pid"] != before


def test_a_failed_import_is_500_each_time_and_mends_with_its_file(sample: Sample) -> None:
    for _ in range(2):
        assert shown(sample.call("GET", "/broken")) == ERROR
    assert any("the import fails" in line for line in sample.printed)
    (sample.code / "broken.py").write_text("def handler(event, context): return 'mended'")
    assert sample.call("GET", "/broken").body == b"mended"


def test_calls_that_overlap_get_a_worker_each(sample: Sample) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: sample.call("GET", "/slow"), range(8)))  # warm
        started = time.monotonic()
        answers = list(pool.map(lambda _: sample.call("GET", "/slow"), range(8)))
        took = time.monotonic() - started
    assert [answer.status for answer in answers] == [200] * 8
    assert len({answer.json()["pid"] for answer in answers}) == 8
    assert took < 8 / 2  # eight calls of a second each: they did not queue


def test_calls_beyond_the_cap_are_throttled(sample: Sample, monkeypatch: pytest.MonkeyPatch) -> None:
    """An HTTP API answers 503 where Lambda refuses with TooManyRequestsException."""
    monkeypatch.setattr(runtime, "MAX_WORKERS", 2)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: sample.call("GET", "/slow"), range(8)))
    assert {answer.status for answer in answers} == {200, 503}
    assert len({answer.json()["pid"] for answer in answers if answer.status == 200}) <= 2
    assert {shown(answer) for answer in answers if answer.status == 503} == {UNAVAILABLE}


def test_workers_start_on_demand_and_stop_when_idle(sample: Sample, monkeypatch: pytest.MonkeyPatch) -> None:
    assert sample.workers == 0
    do(sample, "nothing")
    assert sample.workers == 1
    monkeypatch.setattr(runtime, "IDLE_LIFETIME", 0)
    sample.wait(sample.runtime.stop_idle())
    assert sample.workers == 0
    assert do(sample, "nothing").status == 200


def test_the_environment_is_lambdas(sample: Sample, monkeypatch: pytest.MonkeyPatch) -> None:
    """Source: developer guide, "Working with Lambda environment variables"."""
    monkeypatch.setenv("SECRET_OF_THE_SHELL", "x")
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
    do(sample, "nothing")
    context = do(sample, "context").json()
    assert (context["name"], context["memory"]) == ("DoFunction", "256")
    assert 0 < context["remaining"] <= 1000


def test_each_invocation_ends_with_a_report_of_its_memory(sample: Sample) -> None:
    do(sample, "nothing")
    [report] = [line for line in sample.printed if line.startswith("REPORT RequestId: ")]
    assert "Memory Size: 256 MB Max Memory Used: " in report


def test_the_stage_throttle_answers_429(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Source: API Gateway developer guide, "Throttle requests to your HTTP APIs"."""
    slow = Sample(tmp_path_factory.mktemp("slow"), ThrottlingBurstLimit="3", ThrottlingRateLimit="0.01")
    try:
        answers = [slow.call("GET", "/posts/1") for _ in range(5)]
    finally:
        slow.stop()
    assert [answer.status for answer in answers] == [200, 200, 200, 429, 429]
    assert answers[-1].body == b'{"message":"Too Many Requests"}'
