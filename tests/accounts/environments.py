"""Execution environments in addition to this process, so that calls can overlap as they do in the cloud."""

import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from shared.identity.keys import FILE
from shared.redis.cache import memory

import sqlalchemy as sa

from infra.deployed.migrations.bootstrap import APP_ROLE
from infra.local.postgres import Cluster
from tests.support.client import Client, Context, handler_of
from tests.support.redis_server import forget

WAITING = sa.text(
    "SELECT count(*) FROM pg_stat_activity"
    " WHERE datname = current_database() AND wait_event_type = 'Lock' AND backend_type = 'client backend'"
)


class Environment:
    """A process that runs one call at a time."""

    def __init__(self, variables: dict[str, str]) -> None:
        self._process = ProcessPoolExecutor(1, get_context("spawn"), _set, (variables,))

    def serve(self, client: Client) -> Client:
        """The same client, calling here."""
        return replace(client, run=lambda *call: self._process.submit(_run, *call).result())

    def use(self, **variables: str) -> None:
        """Set variables, and have it begin anew with them."""
        self._process.submit(_use, variables).result()

    def stop(self) -> None:
        self._process.shutdown()


def _set(variables: dict[str, str]) -> None:
    os.environ |= variables


def _use(variables: dict[str, str]) -> None:
    _set(variables)
    forget()


def _run(operation: str, event: dict[str, Any]) -> Any:
    memory.cache_clear()  # a test begins with an empty table, and ids begin anew
    return handler_of(operation)(event, Context())


def overlap[T](db: sa.Connection, locked: str, *calls: Callable[[], T]) -> list[T]:
    """The calls' answers. All meet at the row that `locked` selects, or at its LOCK, and pass in order."""
    with ThreadPoolExecutor(len(calls)) as threads:
        db.execute(sa.text(locked if locked.startswith("LOCK") else f"{locked} FOR UPDATE"))
        under_way: list[Future[T]] = []
        for call in calls:
            under_way.append(threads.submit(call))
            until_all_wait(db.engine, under_way)
        db.rollback()
        return [each.result() for each in under_way]


def until_all_wait[T](engine: sa.Engine, calls: list[Future[T]]) -> None:
    while not calls[-1].done():
        with engine.connect() as observer:
            if observer.scalar(WAITING) == len(calls):
                return
        time.sleep(0.002)


@contextmanager
def two_environments(
    cluster: Cluster, key_file: Path, warm_up: Callable[[Client], object]
) -> Iterator[list[Environment]]:
    """Two that sign with the key. `warm_up` has called there, so no call imports while another waits."""
    with patience(sa.create_engine(cluster.owner_url, poolclass=sa.NullPool)):
        running = [Environment({"SIGNING_KEY": f"{FILE}{key_file}"}) for _ in range(2)]
        for each in running:
            warm_up(each.serve(Client()))
        yield running
        for each in running:
            each.stop()


@contextmanager
def patience(owner: sa.Engine) -> Iterator[None]:
    """The order of the calls is the point here, not how long a busy machine has them wait."""
    role = f"ALTER ROLE {APP_ROLE} IN DATABASE {owner.url.database}"
    with owner.begin() as db:
        db.execute(sa.text(f"{role} SET lock_timeout = 0"))
        db.execute(sa.text(f"{role} SET statement_timeout = 0"))
    yield
    with owner.begin() as db:
        db.execute(sa.text(f"{role} RESET ALL"))
