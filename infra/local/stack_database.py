"""Opens the stack's database: its own cluster, or that of DATABASE_URL."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import IPv4Interface

from infra.deployed.migrations.bootstrap import create_roles
from infra.emulator.command_error import CommandError
from infra.local.command import step
from infra.local.config import Config
from infra.local.database_url import require_answer
from infra.local.lock import is_locked, locked
from infra.local.postgres import Cluster, cluster
from infra.local.running_stack import read_state

OTHERS = 30  # connections of people, of migrations, and of workers that are being replaced
LOOK = 0.3  # seconds between two checks of the server
PAUSE = 2.0  # seconds between two attempts to restart it


@dataclass(frozen=True)
class Database:
    """`owner_url`: may change the schema. `app_url`: for functions. `own`: False for that of DATABASE_URL."""

    owner_url: str
    app_url: str
    own: bool
    cluster: Cluster | None = None  # run by this process


@contextmanager
def open_database(
    config: Config, bridge: IPv4Interface | None = None, workers: int = 0
) -> Iterator[Database]:
    """Yields a database that answers and has the roles. Each of `workers` may keep a connection.

    Errors: CommandError.
    """
    if config.database_url:
        step("database", "the one of DATABASE_URL")
        require_answer(config.database_url)
        yield Database(config.database_url, config.database_url, own=False)
        return
    step("database", f"Postgres in {config.data_dir / 'postgres'}")
    settings = {"max_connections": str(max(100, workers + OTHERS))}
    with cluster(config.data_dir / "postgres", bridge, settings) as started:
        if started.leftover:
            step("database", f"stopped a Postgres (process {started.leftover}) that a killed stack had left")
        create_roles(started.owner_url, started.app_password)
        yield Database(started.owner_url, started.app_url, own=True, cluster=started)


@contextmanager
def database_at_hand(config: Config, user: str) -> Iterator[Database]:
    """Yields the database of DATABASE_URL, of the running stack, or one started meanwhile.

    `user`: the command that asks. Errors: CommandError.
    """
    if config.database_url:
        with open_database(config) as found:
            yield found
    elif is_locked(config):
        state = read_state(config)
        yield Database(state.owner_url, state.database_url, state.own_database)
    else:
        with locked(config, user), open_database(config) as found:
            yield found


async def keep_running(started: Cluster) -> None:
    """Starts the server again whenever it ends."""
    while True:
        await asyncio.sleep(LOOK)
        if started.server.has_ended:
            step("database", f"Postgres ended ({started.server.end}): restarting it")
            await _start_again(started)
            step("database", "Postgres runs again")


async def _start_again(started: Cluster) -> None:
    while True:
        started.server.start()
        try:
            return await asyncio.to_thread(started.wait_until_ready)
        except CommandError as error:
            step("database", f"{error}")
            await asyncio.sleep(PAUSE)
