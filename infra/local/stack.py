"""The stack from end to end: each step is shown, and everything it starts ends with it."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial

from aiohttp import web
from sqlalchemy.exc import SQLAlchemyError

from infra.emulator import logs
from infra.emulator.failure import Failure
from infra.emulator.gateway import Gateway
from infra.emulator.python import clean_python, venv_python
from infra.emulator.reload import reload_on_change
from infra.emulator.runtime import Runtime
from infra.emulator.template import Template, load
from infra.local.config import Config, template_parameters
from infra.local.keys import ensure_key
from infra.local.postgres import Reach, cluster
from infra.local.state import State, published
from infra.local.users import DEMO, token_for
from infra.migrations import in_words, upgrade
from infra.migrations.bootstrap import create_roles
from shared.identity.issuing import Issuer
from shared.identity.keys import FILE, FileKey

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
async def running(config: Config, reach: Reach | None = None) -> AsyncIterator[State]:
    """The stack. `reach`: from where its Postgres can be called too. Errors: Failure."""
    config.data_dir.mkdir(parents=True, exist_ok=True)
    async with AsyncExitStack() as resources:
        database_url = await _database(config, reach, resources)
        load_template = partial(_template, config, database_url)
        ensure_key(config.key_file)
        runtime = Runtime(logs.show, clean_python(config.data_dir) if config.build_dir else venv_python())
        await runtime.start()
        resources.push_async_callback(runtime.stop)
        gateway = Gateway(load_template(), runtime)
        await _listen(config, gateway, resources)
        issuer = Issuer(config.origin, _audience(gateway.template), FileKey(config.key_file))
        state = State(database_url, issuer)
        resources.enter_context(published(config, state))
        resources.callback(await reload_on_change(gateway, runtime, load_template))
        yield state


async def _database(config: Config, reach: Reach | None, resources: AsyncExitStack) -> str:
    """The URL for the functions, over a migrated database."""
    if config.database_url:
        step("database", "the one of DATABASE_URL")
        owner_url = app_url = _with_driver(config.database_url)
    else:
        step("database", f"Postgres in {config.data_dir / 'postgres'}")
        made = resources.enter_context(cluster(config.data_dir / "postgres", reach))
        owner_url, app_url = made.owner_url, made.app_url
        create_roles(owner_url, made.app_password)
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
    environment["SIGNING_KEYS"] = f"{FILE}{config.key_file}"
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


async def _listen(config: Config, gateway: Gateway, resources: AsyncExitStack) -> None:
    runner = web.AppRunner(gateway.app(), access_log=None, shutdown_timeout=1)
    await runner.setup()
    resources.push_async_callback(runner.cleanup)
    try:
        await web.TCPSite(runner, config.host, config.port).start()
    except OSError as error:
        raise Failure(
            f"{config.host}:{config.port} cannot be used ({os.strerror(error.errno or 0)}): set PORT"
        ) from None


def step(name: str, what: str) -> None:
    print(f"{name:<12}{what}", flush=True)
