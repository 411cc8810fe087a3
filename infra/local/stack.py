"""The stack from end to end: each step is shown, and everything it starts ends with it."""

import asyncio
import os
import signal
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from ipaddress import IPv4Interface

from shared.identity.issuing import Issuer
from shared.identity.keys import FileKey, key_set

from aiohttp import web
from sqlalchemy.exc import SQLAlchemyError

from infra.emulator import logs
from infra.emulator.failure import Failure
from infra.emulator.gateway import Gateway
from infra.emulator.limits import machine_limits
from infra.emulator.model import Template
from infra.emulator.python import clean_python, venv_python
from infra.emulator.reload import reload_on_change
from infra.emulator.runtime import Runtime
from infra.emulator.template import load
from infra.local.config import Config, template_parameters
from infra.local.keys import ensure_key
from infra.local.lock import locked
from infra.local.postgres import cluster
from infra.local.state import State, published
from infra.local.users import DEMO, token_for
from infra.migrations import in_words, upgrade
from infra.migrations.bootstrap import create_roles

PASSED_ON = ("LOG_LEVEL", "REDIS_URL")


async def serve(config: Config) -> None:
    """Run until SIGINT or SIGTERM. Errors: Failure."""
    stop = stop_signal()
    async with running(config) as stack:
        show_ready(config.origin, stack)
        await stop.wait()


def stop_signal() -> asyncio.Event:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop


def show_ready(origin: str, stack: State) -> None:
    token = token_for(DEMO, stack.database_url, stack.issuer)
    print(f"ready {origin}")
    print(f'curl -H "Authorization: Bearer {token}" {origin}/api/v1/items', flush=True)


@asynccontextmanager
async def running(config: Config, bridge: IPv4Interface | None = None) -> AsyncIterator[State]:
    """The stack. `bridge`: an address, and its network, where Postgres listens too. Errors: Failure."""
    config.data_dir.mkdir(parents=True, exist_ok=True)
    async with AsyncExitStack() as resources:
        resources.enter_context(locked(config))
        sockets = _bind(config)
        for listener in sockets:
            resources.callback(listener.close)
        database_url = await _database(config, bridge, resources)
        load_template = partial(_template, config, database_url)
        ensure_key(config.key_file)
        python = clean_python(config.data_dir) if config.build_dir else venv_python()
        runtime = Runtime(logs.show, python, machine_limits(config.max_workers))
        await runtime.start()
        resources.push_async_callback(runtime.stop)
        gateway = Gateway(load_template(), runtime, (config.host, *config.allowed_hosts))
        runner = gateway.runner()
        await runner.setup()
        resources.push_async_callback(runner.cleanup)
        for listener in sockets:
            await web.SockSite(runner, listener).start()
        issuer = Issuer(config.origin, _audience(gateway.template), FileKey(config.key_file))
        state = State(database_url, issuer)
        resources.enter_context(published(config, state))
        resources.callback(await reload_on_change(gateway, runtime, load_template))
        yield state


async def _database(config: Config, bridge: IPv4Interface | None, resources: AsyncExitStack) -> str:
    """The URL for the functions, over a migrated database."""
    if config.database_url:
        step("database", "the one of DATABASE_URL")
        owner_url = app_url = _with_driver(config.database_url)
    else:
        step("database", f"Postgres in {config.data_dir / 'postgres'}")
        postgres = resources.enter_context(cluster(config.data_dir / "postgres", bridge))
        owner_url, app_url = postgres.owner_url, postgres.app_url
        create_roles(owner_url, postgres.app_password)
    step("migrations", "to the newest revision")
    try:
        await asyncio.to_thread(upgrade, owner_url)
    except (SQLAlchemyError, OSError) as error:
        raise Failure(f"the migration failed: {in_words(error)}") from None
    return app_url


def _with_driver(url: str) -> str:
    return "postgresql+pg8000://" + url.partition("://")[2]


def _template(config: Config, app_url: str) -> Template:
    environment = function_environment(app_url, config.origin)
    environment["SIGNING_KEY"] = config.key_file.as_uri()
    environment["KEY_SET"] = key_set([FileKey(config.key_file)])
    return load(config.template_file, config.origin, environment, template_parameters())


def function_environment(database_url: str, issuer: str) -> dict[str, str]:
    """What the functions have here in place of the template's values."""
    known = {
        "STAGE": "local",
        "DATABASE_URL": database_url,
        "DATABASE_LOGIN": "plain",
        "JWT_ISSUER": issuer,
    }
    return known | {name: os.environ[name] for name in PASSED_ON if os.environ.get(name)}


def _audience(template: Template) -> str:
    return next(iter(template.authorizers.values())).audience[0]


def _bind(config: Config) -> list[socket.socket]:
    """What the gateway will answer on: clients that come too early wait. Errors: Failure."""
    sockets: list[socket.socket] = []
    try:
        for family, *_, address in socket.getaddrinfo(config.host, config.port, type=socket.SOCK_STREAM):
            sockets.append(socket.create_server(address[:2], family=family))
    except socket.gaierror as error:
        raise Failure(f"HOST is {config.host!r}, which is no address here: {error.strerror}") from None
    except OSError as error:
        for listener in sockets:
            listener.close()
        reason = os.strerror(error.errno or 0)
        raise Failure(f"{config.host}:{config.port} cannot be used ({reason}): set PORT") from None
    return sockets


def step(name: str, what: str) -> None:
    print(f"{name:<12}{what}", flush=True)
