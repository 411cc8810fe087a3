"""An edit is served by the next call."""

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from shared import __version__

import pytest

from tests.emulator.client import HttpAnswer
from tests.local.conftest import Stack, copy_of_the_project, running_stack

PATIENCE = 30  # seconds; `make bench` measures how long it takes


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_of_the_project(tmp_path_factory.mktemp("reload"))


@pytest.fixture(scope="module")
def stack(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with running_stack(tmp_path_factory.mktemp("data"), project) as running:
        yield running


def save(file: Path, old: str, new: str) -> None:
    """As editors do: a new file takes the place of the old one."""
    text = file.read_text()
    assert old in text
    draft = file.with_suffix(".draft")
    draft.write_text(text.replace(old, new))
    draft.replace(file)


def eventually(ask: Callable[[], HttpAnswer], wanted: Callable[[HttpAnswer], bool]) -> HttpAnswer:
    give_up = time.monotonic() + PATIENCE
    while not wanted(answer := ask()):
        assert time.monotonic() < give_up, (answer.status, answer.body)
        time.sleep(0.02)
    return answer


def eventually_prints(stack: Stack, start: str) -> None:
    give_up = time.monotonic() + PATIENCE
    while not any(line.startswith(start) for line in stack.lines):
        assert time.monotonic() < give_up, stack.lines
        time.sleep(0.02)


def is_a_functions(answer: HttpAnswer) -> bool:
    """Rather than the gateway's own 404."""
    return "x-request-id" in answer.headers


def test_an_edit_of_a_function_of_shared_and_of_the_template_is_served(stack: Stack, project: Path) -> None:
    def health() -> HttpAnswer:
        return stack.call("GET", "/health", token=None)

    def root() -> HttpAnswer:
        return stack.call("GET", "/", token=None)

    assert health().json() == {"status": "ok"}
    assert root().json()["version"] == __version__
    save(project / "functions/meta/root.py", '"/docs"', '"/edited"')
    eventually(root, lambda answer: answer.json()["docs"] == "/edited")
    save(project / "shared/__init__.py", f'"{__version__}"', '"99.0.0"')
    eventually(root, lambda answer: answer.json()["version"] == "99.0.0")
    for old, new in (("/health", "/healthz"), ("/healthz", "/alive")):  # a replaced file stays watched
        save(project / "template.yaml", f"Path: {old}}}", f"Path: {new}}}")
        eventually(lambda path=new: stack.call("GET", path, token=None), is_a_functions)
        assert not is_a_functions(stack.call("GET", old, token=None))
    save(project / "template.yaml", "Path: /alive}", "Path: /health}")
    eventually(health, lambda answer: answer.body == b'{"status":"ok"}')


def test_a_save_of_the_same_size_in_the_same_second_is_served(stack: Stack, project: Path) -> None:
    def root() -> HttpAnswer:
        return stack.call("GET", "/", token=None)

    file = project / "functions/meta/root.py"
    assert root().json()["openapi"] == "/openapi.json"
    saved = file.stat()
    draft = file.with_suffix(".draft")
    draft.write_text(file.read_text().replace("openapi.json", "openapi.yaml"))
    os.utime(draft, ns=(saved.st_atime_ns, saved.st_mtime_ns))
    draft.replace(file)
    eventually(root, lambda answer: answer.json()["openapi"] == "/openapi.yaml")


def test_a_syntax_error_shows_its_place_and_the_next_save_mends_it(stack: Stack, project: Path) -> None:
    def health() -> HttpAnswer:
        return stack.call("GET", "/health", token=None)

    file = project / "functions/meta/health.py"
    line = 1 + file.read_text().splitlines().index('@app.get("/health", response_model=Health)')
    assert health().status == 200
    save(file, "@app.get(", "@app.get((")
    broken = eventually(health, lambda answer: answer.status == 500).json()
    assert broken["message"] == "Internal Server Error"
    assert f"(health.py, line {line})" in broken["error"]
    save(file, "@app.get((", "@app.get(")
    eventually(health, lambda answer: answer.status == 200)
    eventually_prints(stack, f"functions/meta/health.py:{line}: ")


def test_a_broken_template_leaves_the_old_one_in_use(stack: Stack, project: Path) -> None:
    save(project / "template.yaml", "Resources:", "Resources: ]")
    eventually_prints(stack, "the old template stays in use: ")
    assert stack.call("GET", "/health", token=None).status == 200
    save(project / "template.yaml", "Resources: ]", "Resources:")
    save(project / "template.yaml", "Path: /health}", "Path: /alive}")
    eventually(lambda: stack.call("GET", "/alive", token=None), is_a_functions)
