"""A real redis-server, if the machine has one, for the functions of this process."""

import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from shared.redis import sliding_windows
from shared.redis.cache import memory
from shared.redis.client import Redis, redis
from shared.runtime.settings import settings

import pytest

from infra.local.postgres import free_port
from tests.integration.conftest import missing

NOTHING_KEPT = ("--save", "", "--appendonly", "no", "--bind", "127.0.0.1")


@dataclass
class Server:
    folder: Path
    options: tuple[str, ...] = ()
    port: int = field(default_factory=free_port)

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}"

    def start(self) -> None:
        binary = shutil.which("redis-server") or missing("redis-server")
        place = ("--port", str(self.port), "--dir", str(self.folder), "--logfile", str(self.folder / "log"))
        self.process = subprocess.Popen([binary, *place, *NOTHING_KEPT, *self.options])
        give_up = time.monotonic() + 10
        while Redis(self.url).execute(("PING",)) is None:
            assert self.process.poll() is None and time.monotonic() < give_up, "redis-server does not start"
            time.sleep(0.01)

    def stop(self) -> None:
        self.process.send_signal(signal.SIGCONT)
        self.process.kill()
        self.process.wait()

    def freeze(self) -> None:
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    def do(self, *command: str | int) -> Any:
        """Returns the server's answer over a separate connection. Errors: redis-py's."""
        from redis import Redis as Client

        with Client(port=self.port, protocol=2) as client:
            return client.execute_command(*command)


@contextmanager
def running(folder: Path, *options: str) -> Iterator[Server]:
    server = Server(folder, options)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def forget() -> None:
    """Makes the functions of this process read their settings, connect and count anew."""
    if redis.cache_info().currsize and (server := redis()) is not None:
        server.close()
    for kept in (settings, redis, memory, sliding_windows.memory_windows):
        kept.cache_clear()


type SetEnv = Callable[..., None]


@pytest.fixture
def set_env(monkeypatch: pytest.MonkeyPatch) -> Iterator[SetEnv]:
    """Sets variables for the functions of this process, until the test's end."""

    def change(**variables: str) -> None:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        forget()

    yield change
    monkeypatch.undo()
    forget()


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture
def with_redis(redis_server: Server, set_env: SetEnv) -> Server:
    redis_server.do("FLUSHALL")
    set_env(REDIS_URL=redis_server.url)
    return redis_server


@pytest.fixture(params=["memory", "redis"])
def store(request: pytest.FixtureRequest, set_env: SetEnv) -> str:
    """Runs the test without Redis and with it."""
    if request.param == "redis":
        request.getfixturevalue("with_redis")
    else:
        set_env(REDIS_URL="")
    return str(request.param)
