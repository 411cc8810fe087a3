"""Runs the whole stack: prints each step, and stops everything that it started."""

import asyncio
import errno
import os
import signal
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from functools import partial
from ipaddress import IPv4Interface

from shared.identity.issuing import Issuer
from shared.identity.keys import FileKey, key_set

from aiohttp import web

from infra.emulator.command_error import CommandError
from infra.emulator.gateway import Gateway
from infra.emulator.logs import Console
from infra.emulator.model import Template
from infra.emulator.python import Python, clean_python
from infra.emulator.reload import reload_on_change
from infra.emulator.runtime import Runtime
from infra.emulator.template import load
from infra.emulator.worker_limits import machine_limits
from infra.local.command import step
from infra.local.config import Config, template_parameters
from infra.local.function_names import enable_debugger, require_functions
from infra.local.job_runner import JobRunner
from infra.local.keys import ensure_key
from infra.local.local_pages import ACCOUNT_PAGES, LocalPages
from infra.local.lock import locked
from infra.local.mailbox import Mailbox
from infra.local.panels import panels
from infra.local.running_stack import State, published
from infra.local.schema_upgrade import migrate
from infra.local.schema_watch import SchemaWatch
from infra.local.stack_database import keep_running, open_database
from infra.local.users import DEMO, token_for

PASSED_ON = (
    "LOG_LEVEL",
    "REDIS_URL",
    "RATE_LIMIT",
    "SERVICE_RATE_LIMIT",
    "SIGN_IN_RATE_LIMIT",
    "REGISTRATION",
    "REQUIRE_VERIFIED_EMAIL",
)


async def serve(config: Config) -> None:
    """Runs until SIGINT, SIGTERM or SIGHUP, which may arrive during the start too. Errors: CommandError."""
    _end_on_signals()
    with suppress(asyncio.CancelledError):
        async with running(config) as stack:
            show_ready(config.origin, stack)
            await asyncio.Event().wait()


def _end_on_signals() -> None:
    task = asyncio.current_task()
    assert task

    def end() -> None:
        if not task.cancelling():  # a second signal does not interrupt the shutdown
            task.cancel()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) != signal.SIG_IGN:  # nohup ignores SIGHUP
            asyncio.get_running_loop().add_signal_handler(number, end)


def stop_signal() -> asyncio.Event:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop


def show_ready(origin: str, stack: State) -> None:
    """Prints the origin and a call to try, once `demo` is there, the user of `make token`."""
    token_for(DEMO, stack.database_url, stack.issuer)
    print(f"ready {origin}")
    print(f'curl -H "Authorization: Bearer $(make -s token)" {origin}/api/v1/users/me', flush=True)


@asynccontextmanager
async def running(config: Config, bridge: IPv4Interface | None = None) -> AsyncIterator[State]:
    """Yields the running stack. `bridge`: another address for Postgres, and its network. Errors:
    CommandError.
    """
    async with AsyncExitStack() as resources:
        resources.enter_context(locked(config))
        sockets = _bind(config)
        for listener in sockets:
            resources.callback(listener.close)
        require_functions(config)
        limits = machine_limits(config.max_workers)
        database = resources.enter_context(open_database(config, bridge, limits.workers))
        found = await asyncio.to_thread(migrate, database.owner_url)
        if database.cluster:
            resources.callback(asyncio.create_task(keep_running(database.cluster)).cancel)
        mailbox = Mailbox()
        await _start(resources, mailbox)
        load_template = partial(_template, config, database.app_url, mailbox.url)
        ensure_key(config.key_file)
        template = load_template()
        _show_left_out(template)
        schema = SchemaWatch(found)
        console = Console(config.log_level, config.logs, lambda name: gateway.roots(name), schema.hint)
        python = clean_python(config.data_dir) if config.build_dir else Python()
        runtime = Runtime(console.show, python, limits)
        schema.told = partial(runtime.activity.publish, "state")
        await _start(resources, runtime)
        issuer = Issuer(config.origin, _audience(template), FileKey(config.key_file))
        state = State(database.app_url, database.owner_url, database.own, issuer)
        jobs = JobRunner(database.app_url, runtime, lambda: gateway.template)
        shown = panels(config, state, schema, jobs)
        pages = LocalPages(runtime, lambda: gateway.template, shown, mailbox)
        gateway = Gateway(template, runtime, (config.host, *config.allowed_hosts), pages)
        await _listen(resources, gateway, sockets)
        _await_debugger(template, runtime)
        resources.enter_context(published(config, state))
        resources.callback(await reload_on_change(gateway, runtime, load_template))
        resources.callback(asyncio.create_task(schema.watch()).cancel)
        resources.callback(asyncio.create_task(jobs.run()).cancel)
        yield state


async def _start(resources: AsyncExitStack, service: Mailbox | Runtime) -> None:
    await service.start()
    resources.push_async_callback(service.stop)


async def _listen(resources: AsyncExitStack, gateway: Gateway, sockets: list[socket.socket]) -> None:
    runner = gateway.runner()
    await runner.setup()
    resources.push_async_callback(runner.cleanup)
    for listener in sockets:
        await web.SockSite(runner, listener).start()


def _show_left_out(template: Template) -> None:
    for each in template.left_out:
        # No function here needs those variables, and the job runner stands in for the schedules.
        if not (each.is_variable or each.name.startswith("Jobs.")):
            step("left out", str(each))


def _await_debugger(template: Template, runtime: Runtime) -> None:
    for function in template.functions.values():
        if function.debugger:
            runtime.pool.warm(function)
            place = f"127.0.0.1:{function.debugger}"
            step("debugger", f"{function.name} waits for your debugger on {place} (debugpy)")


def _template(config: Config, app_url: str, ses_url: str) -> Template:
    environment = function_environment(app_url, config.origin)
    environment |= {
        "ACCOUNT_PAGES": f"{config.origin}{ACCOUNT_PAGES}",
        "AWS_ENDPOINT_URL_SESV2": ses_url,
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
    }
    environment["LOG_LEVEL"] = "DEBUG"  # the dashboard shows lines that the console omits
    environment["SIGNING_KEY"] = config.key_file.as_uri()
    environment["KEY_SET"] = key_set([FileKey(config.key_file)])
    template = load(config.template_file, config.origin, environment, template_parameters())
    if config.debug_function:
        enable_debugger(template, config.debug_function, config.debug_port)
    return template


def function_environment(database_url: str, issuer: str) -> dict[str, str]:
    """Returns the functions' variables that replace the template's values here."""
    known = {
        "STAGE": "local",
        "DATABASE_URL": database_url,
        "DATABASE_LOGIN": "plain",
        "JWT_ISSUER": issuer,
        "TOKEN_ENDPOINT": f"{issuer}/api/v1/auth/token",
    }
    return known | {name: os.environ[name] for name in PASSED_ON if os.environ.get(name)}


def _audience(template: Template) -> str:
    return next(iter(template.authorizers.values())).audience[0]


def _bind(config: Config) -> list[socket.socket]:
    """Binds the gateway's socket first, so that early clients wait. Errors: CommandError."""
    sockets: list[socket.socket] = []
    try:
        for family, *_, address in socket.getaddrinfo(config.host, config.port, type=socket.SOCK_STREAM):
            sockets.append(socket.create_server(address[:2], family=family))
    except socket.gaierror as error:
        raise CommandError(
            f"HOST is {config.host!r}, which is not an address of this machine ({error.strerror}): set HOST"
        ) from None
    except OSError as error:
        for listener in sockets:
            listener.close()
        reason = os.strerror(error.errno or 0)
        variable = "HOST" if error.errno == errno.EADDRNOTAVAIL else "PORT"
        raise CommandError(f"{config.host}:{config.port} cannot be used ({reason}): set {variable}") from None
    return sockets
