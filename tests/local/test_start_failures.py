"""A start that cannot work ends before `ready`, with one line: the cause and what to do."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from shared.runtime.product import IDENTIFIER

import pytest

from infra.emulator.command_error import CommandError
from infra.local import postgres
from infra.local.postgres import free_port
from tests.local.conftest import Stack
from tests.local.processes import all_processes, command_line, failure
from tests.support.client import ROOT

pytestmark = pytest.mark.slow
FORM = "its form is postgresql://user:password@host:5432/database"
MEND = "correct DATABASE_URL, or remove it to use the stack's own Postgres"


def test_a_taken_port_is_one_clear_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert (
            failure(tmp_path, PORT=str(port))
            == f"error: 127.0.0.1:{port} cannot be used (Address already in use): set PORT"
        )


URL = "a URL such as rediss://host:6379, or absent"
ORIGINS = "origins separated by commas, such as https://app.example.com; never a *"
NUMBER = "a number of requests in 60 s, 0 for no limit"


@pytest.mark.parametrize(
    ("variable", "value", "complaint"),
    [
        ("PORT", "http", "is 'http'; it should be a number from 1 to 65535"),
        ("MAX_WORKERS", "²", "is '²'; it should be a number from 1"),
        ("LOG_LEVEL", "chatty", "is not valid; it should be DEBUG, INFO, WARNING or ERROR"),
        ("REDIS_URL", "garbage", f"is not valid; it should be {URL}"),
        (
            "REDIS_URL",
            "redis://h:x",
            f"is not valid; it should be {URL}",
        ),
        ("RATE_LIMIT", "abc", f"is not valid; it should be {NUMBER}"),
        ("SIGN_IN_RATE_LIMIT", "-1", f"is not valid; it should be {NUMBER}"),
        ("ALLOWED_ORIGINS", "*", f"is '*'; it should be {ORIGINS}"),
    ],
)
def test_a_setting_that_is_wrong(tmp_path: Path, variable: str, value: str, complaint: str) -> None:
    assert failure(tmp_path, **{variable: value}) == f"error: {variable} {complaint}"


def test_logs_of_a_function_that_is_none(tmp_path: Path) -> None:
    assert failure(tmp_path, LOGS="list_follower") == (
        "error: no function is called list_follower: did you mean list_followers? make routes lists them all"
    )


@pytest.mark.parametrize("reason", ["Not a directory", "No such file or directory"])
def test_a_data_folder_that_cannot_be_written(tmp_path: Path, reason: str) -> None:
    file = tmp_path / "file"
    file.touch()
    folder = file / "data" if reason == "Not a directory" else Path("/proc/self/nowhere/data")
    folder = folder.resolve()
    assert failure(folder) == (
        f"error: DATA_DIR is {folder}, which cannot be written ({reason}): set another DATA_DIR"
    )


class TestDatabaseUrl:
    @pytest.mark.parametrize(
        ("url", "wrong"),
        [
            ("foo", "is not a URL"),
            ("localhost:5432/acme", "is not a URL"),
            ("mysql://u:secret@127.0.0.1/d", "names mysql, but the API needs Postgres"),
            ("postgresql:///d", "is not a URL"),
            ("postgresql://u:secret@/d", "names no host"),
            ("postgresql://127.0.0.1/d", "names no user"),
            ("postgresql://u:secret@127.0.0.1", "names no database"),
            (
                "postgresql://u:secret@127.0.0.1:x/d",
                "has an invalid port (in a password, write # as %23, / as %2F, : as %3A and @ as %40)",
            ),
            (
                "postgresql://u:secret@127.0.0.1/d?sslmode=disable&x=y",
                "has options that the driver does not know (sslmode, x): remove them",
            ),
        ],
    )
    def test_its_form(self, tmp_path: Path, url: str, wrong: str) -> None:
        assert failure(tmp_path, DATABASE_URL=url) == f"error: DATABASE_URL {wrong}; {FORM}"

    def test_a_closed_port(self, tmp_path: Path) -> None:
        place = f"127.0.0.1:{free_port()}"
        line = failure(tmp_path, DATABASE_URL=f"postgresql://u:secret@{place}/d")
        assert line == f"error: nothing listens on {place}: {MEND}"

    def test_an_unknown_name(self, tmp_path: Path) -> None:
        line = failure(tmp_path, DATABASE_URL="postgresql://u:secret@db.invalid/d")
        assert line == f"error: no host is called db.invalid: {MEND}"

    def test_a_host_that_never_answers_is_not_waited_for_long(self, tmp_path: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as silent:
            place = f"127.0.0.1:{silent.getsockname()[1]}"
            line = failure(tmp_path, DATABASE_URL=f"postgresql://u:secret@{place}/d")
        assert line == f"error: {place} does not answer within 5 s: {MEND}"

    def test_another_service(self, tmp_path: Path) -> None:
        with answering(b"HTTP/1.1 400 Bad Request\r\n\r\n") as port:
            line = failure(tmp_path, DATABASE_URL=f"postgresql://u:secret@127.0.0.1:{port}/d")
        assert line == f"error: the server on 127.0.0.1:{port} is not Postgres: {MEND}"

    def test_a_database_that_refuses(self, stack: Stack, tmp_path: Path) -> None:
        url = json.loads((stack.data_dir / "stack.json").read_text())["owner_url"]
        place = url.rpartition("@")[2].partition("/")[0]
        user = f"postgresql://{IDENTIFIER}:secret@{place}/{IDENTIFIER}"
        assert failure(tmp_path, DATABASE_URL=user) == (
            f"error: the database on {place} rejects the connection"
            f' (password authentication failed for user "{IDENTIFIER}"): {MEND}'
        )
        assert failure(tmp_path, DATABASE_URL=f"{url.removesuffix(IDENTIFIER)}other") == (
            f'error: the database on {place} rejects the connection (database "other" does not exist): {MEND}'
        )


@contextmanager
def answering(words: bytes) -> Iterator[int]:
    """A server that sends this to every client."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            peer, _ = server.accept()
            with peer:
                peer.recv(100)
                peer.sendall(words)

        thread = threading.Thread(target=serve)
        thread.start()
        yield server.getsockname()[1]
        thread.join()


def test_a_postgres_that_dies_is_said_and_started_again(stack: Stack) -> None:
    name = "before the death of Postgres"
    stack.call("POST", "/api/v1/gadgets", {"name": name})
    pid = int((stack.data_dir / "postgres/data/postmaster.pid").read_text().split()[0])
    seen = len(stack.lines)
    os.kill(pid, signal.SIGKILL)
    give_up = time.monotonic() + 60
    while "database    Postgres runs again" not in stack.lines[seen:]:
        assert time.monotonic() < give_up, stack.lines[seen:]
        time.sleep(0.02)
    assert "database    Postgres ended (signal 9): restarting it" in stack.lines[seen:]
    answer = stack.call("GET", "/api/v1/gadgets?limit=100")
    assert name in [item["name"] for item in answer.json()]


@pytest.mark.sweep
@pytest.mark.parametrize("when", ["modules load", "database", "migrations"])
def test_an_interrupt_while_it_starts_is_quiet_and_leaves_nothing(tmp_path: Path, when: str) -> None:
    """A terminal's Ctrl-C reaches all that has not left its group."""
    starting = subprocess.Popen(
        [sys.executable, "-m", "infra.local"],
        cwd=ROOT,
        env=os.environ | {"PORT": str(free_port()), "DATA_DIR": str(tmp_path), "DATABASE_URL": ""},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    assert starting.stdout
    if when == "modules load":
        while python_handles_interrupts(starting.pid):
            time.sleep(0.001)
    else:
        while not starting.stdout.readline().startswith(when):
            pass
    os.killpg(starting.pid, signal.SIGINT)
    said, _ = starting.communicate(timeout=60)
    assert starting.returncode in (0, -signal.SIGINT)
    assert "Traceback" not in said
    assert "error" not in said
    assert not [pid for pid in all_processes() if str(tmp_path) in command_line(pid)]


def python_handles_interrupts(pid: int) -> bool:
    """Whether it has its own handler still, which leaves a trace, or is not Python yet."""
    if "infra.local" not in command_line(pid):
        return True
    status = Path(f"/proc/{pid}/status").read_text()
    masks = [line.split()[1] for line in status.splitlines() if line.startswith(("SigCgt:", "SigIgn:"))]
    return any(int(mask, 16) & 1 << signal.SIGINT - 1 for mask in masks)


def test_a_database_from_before_a_rename_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "postgres"
    with postgres.cluster(folder):
        pass
    monkeypatch.setattr(postgres, "OWNER", "another_name")
    begun = time.monotonic()
    with pytest.raises(CommandError) as failed, postgres.cluster(folder):
        pass
    assert str(failed.value).startswith(f"the database in {folder} has no owner another_name ")
    assert time.monotonic() - begun < postgres.START_TIMEOUT
