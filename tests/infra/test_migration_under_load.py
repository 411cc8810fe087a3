"""The newest migration runs on a database with a million books while the API serves from it."""

import multiprocessing
import os
import sys
import time
from collections.abc import Iterator
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Event
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.script import ScriptDirectory

from infra.local import postgres
from infra.local.postgres import Cluster
from infra.migrations import config, newest, upgrade
from infra.migrations.bootstrap import create_roles
from tests.client import Client

BOOKS, CALLERS = 1_000_000, 4
LONGEST_WAIT = 1.0  # seconds, for a lock
FILL = f"""
    INSERT INTO users (username, username_key) SELECT 'u' || n, 'u' || n FROM generate_series(1, 1000) n;
    INSERT INTO books (title, author, isbn, published_date)
        SELECT 'title', 'author', lpad(n::text, 13, '0'), '2026-01-31' FROM generate_series(1, {BOOKS}) n;
    INSERT INTO reviews (book_id, user_id, rating, body)
        SELECT n, 1 + n % 1000, 5, '' FROM generate_series(1, {BOOKS}, 10) n
"""
WAITING = sa.text(
    "SELECT pid, query_start FROM pg_stat_activity"
    " WHERE usename = 'routewise_app' AND wait_event_type = 'Lock'"
)


@pytest.fixture
def full(tmp_path: Path) -> Iterator[Cluster]:
    """A database as it was before the newest migration."""
    with postgres.cluster(tmp_path / "postgres") as cluster:
        create_roles(cluster.owner_url, cluster.app_password)
        before = ScriptDirectory.from_config(config(cluster.owner_url)).get_revision(newest()).down_revision
        assert isinstance(before, str)
        upgrade(cluster.owner_url, before)
        owner = sa.create_engine(cluster.owner_url, poolclass=sa.NullPool, isolation_level="AUTOCOMMIT")
        with owner.connect() as db:
            for statement in FILL.split(";"):
                db.execute(sa.text(statement))
            db.execute(sa.text("VACUUM ANALYZE"))
        yield cluster


def call_until(stop: Event, ready: Event, number: int, url: str, report: Connection) -> None:
    """Read and write books, users and follows, in a process of its own; report statuses and times."""
    os.environ |= {"DATABASE_URL": url, "DATABASE_LOGIN": "plain", "LOG_LEVEL": "CRITICAL"}
    api, turn, calls = Client().as_user(number), 0, []
    while not stop.is_set():
        turn += 1
        book = 1 + (turn * 7919 + number) % BOOKS
        isbn = f"{number}{turn:012d}"
        made = {"title": "T", "author": "A", "isbn": isbn, "published_date": "2026-01-31"}
        for method, path, body in (
            ("GET", f"/api/v1/books/{book}", None),
            ("GET", "/api/v1/books?limit=20", None),
            ("POST", "/api/v1/books", made),
            ("PUT", f"/api/v1/books/{book}", {"title": f"changed {turn}"}),
            ("PUT", "/api/v1/users/me", {"name": f"turn {turn}"}),
            ("PUT", f"/api/v1/users/{100 + turn % 800}/follow", None),
            ("GET", f"/api/v1/users/{100 + turn % 800}", None),
        ):
            started = time.perf_counter()
            status = api.call(method, path, json=body).status
            calls.append((f"{method} {path}", status, time.perf_counter() - started))
        ready.set()
    report.send(calls)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_no_call_fails_and_none_waits_a_second_for_a_lock(full: Cluster) -> None:
    context = multiprocessing.get_context("spawn")
    stop, callers = context.Event(), []
    for number in range(1, CALLERS + 1):
        ready, (ours, theirs) = context.Event(), context.Pipe(duplex=False)
        process = context.Process(target=call_until, args=(stop, ready, number, full.app_url, theirs))
        process.start()
        callers.append((process, ready, ours))
    for _, ready, _ in callers:
        assert ready.wait(120)
    migration = context.Process(target=upgrade, args=(full.owner_url,))
    started = time.perf_counter()
    migration.start()
    waited = longest_wait(full.owner_url, migration)
    took = time.perf_counter() - started
    stop.set()
    calls = [call for _, _, ours in callers for call in ours.recv()]
    for process, _, _ in callers:
        process.join(30)
    assert migration.exitcode == 0
    failed = [call for call in calls if call[1] >= 400]
    slowest = max(calls, key=lambda call: call[2])
    sys.stdout.write(
        f"migration {newest()}: {took:.2f} s, {len(calls)} calls beside it, {len(failed)} failed,"
        f" slowest {slowest[2]:.2f} s ({slowest[0]}), longest wait for a lock {waited:.3f} s\n"
    )
    assert failed == []
    assert waited < LONGEST_WAIT


def longest_wait(owner_url: str, migration: multiprocessing.process.BaseProcess) -> float:
    """The longest time, in seconds, that a statement of the app's was seen to wait for a lock."""
    longest, since = 0.0, {}
    engine = sa.create_engine(owner_url, poolclass=sa.NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as db:
        while migration.is_alive():
            now = time.perf_counter()
            waiting = {tuple(row) for row in db.execute(WAITING)}
            since = {each: since.get(each, now) for each in waiting}
            longest = max([longest, *(now - begun for begun in since.values())])
            time.sleep(0.005)
    migration.join()
    return longest
