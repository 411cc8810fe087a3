"""What a person reads of what functions print, and of what the gateway answers by itself."""

import json
from collections.abc import Callable

import pytest

from infra.emulator.environment import import_roots
from infra.emulator.logs import Console
from infra.emulator.traces import cause, own_frames
from tests.emulator.sample_project import Sample

type Shown = Callable[..., list[str]]


@pytest.fixture
def shown(sample: Sample, capsys: pytest.CaptureFixture[str]) -> Shown:
    """The lines of a console over what the sample's functions print."""

    def show(function: str = "DoFunction", **settings: object) -> list[str]:
        console = Console(**settings, roots=lambda name: import_roots(sample.template.functions[name]))
        for line in sample.printed:
            console.show(function, line)
        return capsys.readouterr().out.splitlines()

    sample.printed.clear()
    return show


def test_an_error_is_its_cause_then_the_functions_own_frames(sample: Sample, shown: Shown) -> None:
    assert sample.call("POST", "/do", "raise").status == 500
    lines = shown()
    at = lines.index("Do  ValueError: on purpose")
    number = 1 + (sample.code / "handlers.py").read_text().splitlines().index(
        '            raise ValueError("on purpose")'
    )
    frame = f'{sample.code}/handlers.py:{number} in do  raise ValueError("on purpose")'
    assert lines[at + 1].strip() == frame
    assert "POST /do 500: the function failed" in lines[-1]
    assert len(lines) == at + 4  # the frame, the report, and the gateway's line


def test_a_failed_import_is_told_without_the_runtimes_advice(sample: Sample, shown: Shown) -> None:
    assert sample.call("GET", "/broken").status == 500
    lines = shown("BrokenFunction")
    assert any("LAMBDA_WARNING" in line for line in sample.printed)
    assert lines[0].startswith("Broken  ")
    assert "the import fails" in lines[0]
    assert not any("LAMBDA_WARNING" in line or "awslambdaric" in line for line in lines)


@pytest.mark.parametrize(
    ("method", "path", "headers", "line"),
    [
        ("GET", "/nowhere?secret=1", {}, "GET /nowhere 404: no such route"),
        ("GET", "/private", {}, "GET /private 401: no token"),
        ("GET", "/private", {"Authorization": "x"}, "GET /private 401: the token is not valid"),
    ],
)
def test_what_the_gateway_refuses_leaves_a_line(
    sample: Sample, shown: Shown, method: str, path: str, headers: dict[str, str], line: str
) -> None:
    sample.call(method, path, headers=headers)
    assert sample.printed == [line]


def test_a_throttled_call_leaves_a_line(tmp_path_factory: pytest.TempPathFactory) -> None:
    bounds = {"ThrottlingBurstLimit": "1", "ThrottlingRateLimit": "1"}
    throttled = Sample(tmp_path_factory.mktemp("throttled"), **bounds)
    try:
        assert 429 in [throttled.call("GET", "/posts/1").status for _ in range(4)]
        assert "GET /posts/1 429: more than 1 calls a second" in throttled.printed
    finally:
        throttled.stop()


def record(level: str, **more: object) -> str:
    return json.dumps({"level": level, "message": "said", "timestamp": "2026-01-31 12:00:00,000+0000"} | more)


class TestConsole:
    def show(self, capsys: pytest.CaptureFixture[str], line: str, **settings: object) -> str:
        Console(**settings).show("ListThingsFunction", line)
        return capsys.readouterr().out

    def test_sql_shows_at_debug_alone(self, capsys: pytest.CaptureFixture[str]) -> None:
        line = record("DEBUG", sql=["SELECT\n  1", "commit"])
        assert self.show(capsys, line) == ""
        shown = self.show(capsys, line, level="DEBUG")
        assert shown == "12:00:00,000 DEBUG   ListThings  said\n    SELECT 1\n    commit\n"

    def test_the_chosen_functions_alone(self, capsys: pytest.CaptureFixture[str]) -> None:
        for only in (["list_things"], ["ListThingsFunction"], ["x", "listthings"], []):
            assert "said" in self.show(capsys, record("INFO"), only=only)
        assert self.show(capsys, record("ERROR"), only=["get_thing"]) == ""

    def test_a_hint_stands_under_the_cause(self, capsys: pytest.CaptureFixture[str]) -> None:
        trace = 'Traceback (most recent call last):\n  File "x.py", line 1, in f\nValueError: no\n'
        shown = self.show(capsys, record("ERROR", exception=trace), hint=lambda _: "do this")
        assert shown.splitlines()[1:3] == ["    ValueError: no", "    do this"]


def test_of_a_chain_the_cause_is_what_began_it() -> None:
    import traceback

    def fail() -> None:
        try:
            raise KeyError("first")
        except KeyError as error:
            raise ValueError("second\nline") from error

    try:
        fail()
    except ValueError:
        trace = traceback.format_exc()
    assert cause(trace) == "KeyError: 'first'"
    assert own_frames(trace, []) == []
