"""CloudFormation's side, which calls the function and is sent one answer; the database at the other side."""

import json
import shutil
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from shared.runtime.settings import settings

import pytest
import sqlalchemy as sa

import infra.deployed.migrations
from infra.local import postgres
from infra.local.postgres import Cluster
from tests.operations.databases import committing, make_master, migration
from tests.support.client import ROOT

THINGS = "CREATE TABLE things (id int GENERATED ALWAYS AS IDENTITY, name text, description text)"
POLL = 0.01  # seconds, in which a server notices that it is shut down


class CloudFormation:
    def __init__(self) -> None:
        self.answers: list[dict[str, Any]] = []
        self.content_types: list[str | None] = []
        self.refuse = 0  # answers that it does not take at first
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_PUT(self) -> None:
                answer = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                outer.refuse -= 1
                if outer.refuse < 0:
                    outer.answers.append(answer)
                    outer.content_types.append(self.headers["Content-Type"])
                self.send_response(200 if outer.refuse < 0 else 503)
                self.end_headers()

            def log_message(self, *_: Any) -> None: ...

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, args=[POLL], daemon=True).start()

    def call(
        self, handler: Callable[[Any, Any], None], kind: str, seconds: float = 100, **properties: Any
    ) -> dict[str, Any]:
        """The one answer to an event, by a function that has this much time left."""
        event = {
            "RequestType": kind,
            "ResponseURL": f"http://127.0.0.1:{self.server.server_port}/answer",
            "StackId": "stack",
            "RequestId": "request",
            "LogicalResourceId": "Schema",
            "ResourceProperties": properties,
        }
        self.answers.clear()
        handler(event, _Context(seconds))
        [answer] = self.answers
        return answer


class _Context:
    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    def get_remaining_time_in_millis(self) -> int:
        return int(self._seconds * 1000)


@pytest.fixture
def cloudformation() -> Iterator[CloudFormation]:
    running = CloudFormation()
    yield running
    running.server.shutdown()
    running.server.server_close()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with postgres.cluster(tmp_path_factory.mktemp("rds"), settings={"fsync": "off"}) as running:
        make_master(running.owner_url)
        yield running


@pytest.fixture
def url(server: Cluster, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The master's, at an empty database of its own."""
    with committing(server.owner_url) as db:
        db.execute(sa.text("CREATE DATABASE cloud OWNER master"))
        url = f"postgresql+pg8000://master:m@127.0.0.1:{server.port}/cloud"
        monkeypatch.setenv("DATABASE_URL", url)
        settings.cache_clear()
        yield url
        db.execute(sa.text("DROP DATABASE cloud WITH (FORCE)"))
        settings.cache_clear()


@pytest.fixture
def later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The module of a migration 0002 that this test writes, after one that makes the table `things`."""
    copied = shutil.copytree(ROOT / "infra/deployed/migrations", tmp_path / "migrations")
    for other in (copied / "versions").glob("*.py"):
        other.unlink()
    (copied / "versions/0001_first.py").write_text(migration(f'op.execute("{THINGS}")', "0001"))
    monkeypatch.setattr(infra.deployed.migrations, "HERE", copied)
    return copied / "versions" / "0002_later.py"
