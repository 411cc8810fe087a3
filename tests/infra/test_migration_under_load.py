"""Migrations of a database with a million labels, while the API, as it was before them, serves from it."""

import logging
import multiprocessing
import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Event
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.script import ScriptDirectory

from infra.deployed.migrations import config, newest, upgrade
from infra.deployed.migrations.bootstrap import APP_ROLE, create_roles
from infra.local import postgres
from infra.local.postgres import Cluster
from tests.infra.changes import CHANGES, put_after_ours
from tests.support.client import Client
from tests.support.sample_domain import create_tables

LABELS, CALLERS, RATE = 1_000_000, 2, 50  # calls a second, of all callers
LONGEST_WAIT = 1.0  # seconds, for a lock
FILL = f"""
    INSERT INTO users (username, username_key) SELECT 'u' || n, 'u' || n FROM generate_series(1, 1000) n;
    INSERT INTO labels (name, printed_on)
        SELECT 'label ' || n, '2026-01-31' FROM generate_series(1, {LABELS}) n
"""
WAITING = sa.text(
    f"SELECT pid, query_start FROM pg_stat_activity WHERE usename = '{APP_ROLE}' AND wait_event_type = 'Lock'"
)
LEFT_UNDONE = """
    SELECT 'a row' FROM labels WHERE printed_at IS DISTINCT FROM printed_on::timestamptz
    UNION ALL SELECT conname FROM pg_constraint WHERE NOT convalidated
    UNION ALL SELECT indexrelid::regclass::text FROM pg_index WHERE NOT indisvalid
"""


@dataclass(frozen=True)
class Call:
    what: str
    status: int
    began: float  # by the machine's clock, which all processes share
    took: float  # seconds


@pytest.fixture
def full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cluster]:
    """A database as it was before the newest migration."""
    with postgres.cluster(tmp_path / "postgres", settings={"fsync": "off"}) as cluster:
        create_roles(cluster.owner_url, cluster.app_password)
        before = ScriptDirectory.from_config(config(cluster.owner_url)).get_revision(newest()).down_revision
        assert isinstance(before, str)
        upgrade(cluster.owner_url, before)
        create_tables(cluster.owner_url)
        with owner(cluster) as db:
            for statement in FILL.split(";"):
                db.execute(sa.text(statement))
            db.execute(sa.text("VACUUM ANALYZE"))
        put_after_ours(tmp_path / "migrations", monkeypatch)
        yield cluster


@contextmanager
def owner(cluster: Cluster) -> Iterator[sa.Connection]:
    engine = sa.create_engine(cluster.owner_url, poolclass=sa.NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as db:
        yield db


def call_until(stop: Event, ready: Event, number: int, url: str, report: Connection) -> None:
    """Read and write labels, users and follows, in a process of its own; report each call."""
    os.environ |= {"DATABASE_URL": url, "DATABASE_LOGIN": "plain", "LOG_LEVEL": "CRITICAL"}
    api, turn, calls, due = Client().as_user(number), 0, [], time.monotonic()
    while not stop.is_set():
        turn += 1
        label = 1 + (turn * 7919 + number) % LABELS
        made = {"name": f"{number} {turn}", "printed_on": "2026-01-31"}
        for method, path, body in (
            ("GET", f"/api/v1/labels/{label}", None),
            ("GET", "/api/v1/labels?limit=20", None),
            ("POST", "/api/v1/labels", made),
            ("PUT", f"/api/v1/labels/{label}", {"name": f"changed {number} {turn}"}),
            ("PUT", "/api/v1/users/me", {"name": f"turn {turn}"}),
            ("PUT", f"/api/v1/users/{100 + turn % 800}/follow", None),
            ("GET", f"/api/v1/users/{100 + turn % 800}", None),
        ):
            due += CALLERS / RATE
            time.sleep(max(0, due - time.monotonic()))
            began = time.monotonic()
            status = api.call(method, path, json=body).status
            calls.append(Call(f"{method} {path}", status, began, time.monotonic() - began))
        ready.set()
    report.send(calls)


@contextmanager
def called(url: str) -> Iterator[list[Call]]:
    """Callers at work; afterwards, what they called."""
    context = multiprocessing.get_context("spawn")
    stop, callers, calls = context.Event(), [], list[Call]()
    for number in range(1, CALLERS + 1):
        ready, (ours, theirs) = context.Event(), context.Pipe(duplex=False)
        process = context.Process(target=call_until, args=(stop, ready, number, url, theirs))
        process.start()
        callers.append((process, ready, ours))
    try:
        for _, ready, _ in callers:
            assert ready.wait(120)
        yield calls
    finally:
        stop.set()
        for process, _, ours in callers:
            calls += ours.recv()
            process.join(30)


class Watch(threading.Thread):
    """How long statements of the app's were seen to wait for a lock: when, and for how many seconds."""

    def __init__(self, cluster: Cluster) -> None:
        super().__init__()
        self._cluster, self._end, self.seen = cluster, threading.Event(), list[tuple[float, float]]()

    def __enter__(self) -> "Watch":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self.join()

    def run(self) -> None:
        since: dict[tuple[object, ...], float] = {}
        with owner(self._cluster) as db:
            while not self._end.wait(0.005):
                now = time.monotonic()
                since = {key: since.get(key, now) for key in map(tuple, db.execute(WAITING))}
                self.seen += [(now, now - begun) for begun in since.values()]

    def longest(self, began: float, ended: float) -> float:
        return max([0.0, *(waited for when, waited in self.seen if began <= when <= ended)])


class Holder(logging.Handler):
    """A transaction that has written to the labels, and ends once a migration has given way to it."""

    def __init__(self, cluster: Cluster) -> None:
        super().__init__()
        self.transaction = sa.create_engine(cluster.owner_url, poolclass=sa.NullPool).connect()
        self.transaction.execute(sa.text("LOCK TABLE labels IN ROW EXCLUSIVE MODE"))
        self.gave_way = 0
        logging.getLogger("infra.deployed.migrations").addHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        self.gave_way += 1
        logging.getLogger("infra.deployed.migrations").removeHandler(self)
        self.transaction.close()


@pytest.mark.sweep
@pytest.mark.timeout(900)
def test_no_call_fails_and_none_waits_a_second_for_a_lock(full: Cluster) -> None:
    ours, found = newest_of_ours(full), []
    with called(full.app_url) as calls, Watch(full) as watch:
        for name, revision in {ours: ours, **CHANGES}.items():
            if name == "b":
                holder = Holder(full)
            began = time.monotonic()
            upgrade(full.owner_url, revision)
            found.append((name, began, time.monotonic()))
    for name, began, ended in found:
        beside = [call for call in calls if call.began < ended and call.began + call.took > began]
        slowest = max(beside, key=lambda call: call.took)
        sys.stdout.write(
            f"migration {name}: {ended - began:.2f} s, {len(beside)} calls beside it,"
            f" {sum(call.status >= 400 for call in beside)} failed, slowest {slowest.took:.2f} s"
            f" ({slowest.what}), longest wait for a lock {watch.longest(began, ended):.3f} s\n"
        )
    assert [call for call in calls if call.status >= 400] == []
    assert watch.longest(0, time.monotonic()) < LONGEST_WAIT
    assert holder.gave_way == 1
    with owner(full) as db:
        assert db.execute(sa.text(LEFT_UNDONE)).all() == []


def newest_of_ours(cluster: Cluster) -> str:
    revision = ScriptDirectory.from_config(config(cluster.owner_url)).get_revision("a1").down_revision
    assert isinstance(revision, str)
    return revision
