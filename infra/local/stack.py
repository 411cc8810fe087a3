"""The stack from end to end: each step is shown, and everything it starts ends with it."""

import asyncio
import json
import os
import signal
from collections.abc import Callable
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path

from aiohttp import web
from sqlalchemy.exc import SQLAlchemyError
from watchfiles import PythonFilter, awatch

from infra.local import logs
from infra.local.config import ROOT, Config, template_parameters
from infra.local.failure import Failure
from infra.local.gateway import Gateway
from infra.local.keys import Issuer, ensure_key
from infra.local.postgres import cluster
from infra.local.runtime import Runtime
from infra.local.template import Template, load
from infra.migrations import in_words, upgrade
from infra.migrations.bootstrap import create_roles

PASSED_ON = ("LOG_LEVEL", "REDIS_URL")


async def serve(config: Config) -> None:
    """Run until SIGINT or SIGTERM. Errors: Failure."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    config.data_dir.mkdir(parents=True, exist_ok=True)
    async with AsyncExitStack() as resources:
        load_template = partial(_template, config, await _database(config, resources))
        ensure_key(config.key_file)
        runtime = Runtime(logs.show)
        await runtime.start()
        resources.push_async_callback(runtime.stop)
        gateway = Gateway(load_template(), runtime)
        await _listen(config, gateway, resources)
        issuer = Issuer(config.origin, _audience(gateway.template), config.key_file)
        config.state_file.write_text(json.dumps({"issuer": issuer.url, "audience": issuer.audience}))
        resources.callback(config.state_file.unlink, missing_ok=True)
        watcher = asyncio.create_task(_reload_on_change(gateway, runtime, load_template, stop))
        resources.callback(watcher.cancel)
        print(f"ready {config.origin}")
        print(
            f'curl -H "Authorization: Bearer {issuer.access_token("demo")}" {config.origin}/api/v1/items',
            flush=True,
        )
        await stop.wait()


async def _database(config: Config, resources: AsyncExitStack) -> str:
    """The URL for the functions, over a migrated database."""
    if config.database_url:
        _step("database", "the one of DATABASE_URL")
        owner_url = app_url = config.database_url
    else:
        _step("database", f"Postgres in {config.data_dir / 'postgres'}")
        running = resources.enter_context(cluster(config.data_dir / "postgres"))
        owner_url, app_url = running.owner_url, running.app_url
        create_roles(owner_url, running.app_password)
    _step("migrations", "to the newest revision")
    try:
        await asyncio.to_thread(upgrade, _with_driver(owner_url))
    except (SQLAlchemyError, OSError) as error:
        raise Failure(f"the migration failed: {in_words(error)}") from None
    return app_url


def _with_driver(url: str) -> str:
    return "postgresql+pg8000://" + url.partition("://")[2]


def _template(config: Config, app_url: str) -> Template:
    environment = {
        "STAGE": "local",
        "DATABASE_URL": app_url,
        "DATABASE_LOGIN": "plain",
        "JWT_ISSUER": config.origin,
        "SIGNING_KEY_FILE": str(config.key_file),
    } | {name: os.environ[name] for name in PASSED_ON if os.environ.get(name)}
    return load(ROOT / "template.yaml", config.origin, environment, template_parameters())


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


async def _reload_on_change(
    gateway: Gateway, runtime: Runtime, load_template: Callable[[], Template], stop: asyncio.Event
) -> None:
    """Serve an edit: workers take no more calls, and a changed template is read again."""
    places = [ROOT / "functions", ROOT / "shared", *gateway.template.files]
    interested = PythonFilter(extra_extensions=(".yaml",))
    async for changes in awatch(*places, watch_filter=interested, debounce=200, step=50, stop_event=stop):
        changed = {Path(path) for _, path in changes}
        runtime.retire_all()
        if changed & set(gateway.template.files):
            try:
                gateway.use(load_template())
            except Failure as failure:
                print(f"the old template stays in use: {failure}", flush=True)


def _step(name: str, what: str) -> None:
    print(f"{name:<12}{what}", flush=True)
