"""`make rehearse` serves the project from ministack until Ctrl-C."""

import json
import os
import signal
import subprocess
from collections.abc import Iterator

import pytest

from tests.local.processes import is_running, with_descendants
from tests.support.client import ROOT

pytestmark = [pytest.mark.life, pytest.mark.timeout(900)]


@pytest.fixture
def rehearsal() -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        ["make", "--no-print-directory", "rehearse"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as started:
        yield started
        if started.poll() is None:
            os.killpg(started.pid, signal.SIGINT)


def test_its_curl_line_works_and_an_interrupt_ends_all_of_it(rehearsal: subprocess.Popen[str]) -> None:
    assert rehearsal.stdout
    said = []
    for line in rehearsal.stdout:
        said.append(line)
        if line.startswith("curl "):
            break
    called = subprocess.run(f"{said[-1].strip()} --silent", shell=True, capture_output=True, check=False)
    assert json.loads(called.stdout)["username"] == "demo", said
    started = with_descendants(rehearsal.pid)
    assert len(started) >= 3  # itself, Postgres, ministack
    os.killpg(rehearsal.pid, signal.SIGINT)
    rehearsal.wait(60)  # whose status is that of make, which was interrupted as well
    assert "Traceback" not in rehearsal.stdout.read()
    assert [each for each in started if is_running(each)] == []
