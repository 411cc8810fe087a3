"""`python -m infra.emulator TEMPLATE`: the HTTP API of a SAM template on this machine, until Ctrl-C.

Serves Python functions behind JWT authorizers. The start lists what the template declares beyond that.
"""

import asyncio
import signal
import sys
from argparse import ArgumentParser, Namespace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from aiohttp import web

from infra.emulator.command_error import CommandError
from infra.emulator.dashboard import Dashboard
from infra.emulator.gateway import Gateway
from infra.emulator.logs import Console
from infra.emulator.model import Template
from infra.emulator.python import Python, clean_python
from infra.emulator.reload import reload_on_change
from infra.emulator.runtime import Runtime
from infra.emulator.template import load
from infra.emulator.worker_limits import machine_limits


def main() -> None:
    options = _options()
    try:
        with TemporaryDirectory() as data_dir:
            asyncio.run(serve(options, Path(data_dir)))
    except CommandError as error:
        sys.exit(f"error: {error}")


def _options() -> Namespace:
    parser = ArgumentParser(prog="python -m infra.emulator", description=__doc__)
    pairs: dict[str, Any] = {"action": "append", "default": [], "metavar": "NAME=VALUE"}
    parser.add_argument("template", type=Path)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=3000, help="0 for any free port")
    parser.add_argument("--issuer", default="", help="issuer of the tokens, if only the cloud knows it")
    parser.add_argument("--set", **pairs, help="a parameter, or the value of !Ref NAME or !GetAtt NAME")
    parser.add_argument("--env", **pairs, help="a variable of all functions")
    parser.add_argument("--api", help="logical id of the HTTP API to serve, if the template has several")
    parser.add_argument("--packages", type=Path, help="a folder; functions see no others but Lambda's own")
    parser.add_argument("--max-workers", type=int, help="processes; by default as many as fit this machine")
    parser.add_argument("--allowed-hosts", default="", help="names to serve besides localhost: one,two")
    return parser.parse_args()


async def serve(options: Namespace, data_dir: Path) -> None:
    """Serves the template until a signal arrives. Errors: CommandError."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    python = clean_python(data_dir, options.packages) if options.packages else Python()
    load_template = partial(_load, options, _pairs(options.env), _pairs(options.set))
    console = Console(roots=lambda name: gateway.roots(name))
    runtime = Runtime(console.show, python, machine_limits(options.max_workers))
    dashboard = Dashboard(runtime, lambda: gateway.template)
    gateway = Gateway(load_template(), runtime, (options.host, *options.allowed_hosts.split(",")), dashboard)
    if not options.packages:
        print(f"packages    functions see those of {sys.prefix}; --packages sets others")
    runner = gateway.runner()
    await runner.setup()
    await runtime.start()
    try:
        await web.TCPSite(runner, options.host, options.port).start()
        end_watch = await reload_on_change(gateway, runtime, load_template)
        for route in gateway.template.routes:
            print(f"route       {route.key:<30} {route.function} {route.authorizer or ''}".rstrip())
        print(f"ready http://{options.host}:{runner.addresses[0][1]}", flush=True)
        await stop.wait()
        end_watch()
    except OSError as error:
        raise CommandError(f"{options.host}:{options.port} cannot be used: {error.strerror}") from None
    finally:
        await runner.cleanup()
        await runtime.stop()


def _load(options: Namespace, environment: dict[str, str], values: dict[str, str]) -> Template:
    """Loads the template, and prints a line for each kind of declaration that is not served."""
    template = load(
        options.template.resolve(), options.issuer, environment, values, options.api, one_origin=False
    )
    names: dict[str, list[str]] = {}
    for left_out in template.left_out:
        names.setdefault(left_out.reason, []).append(left_out.name)
    for reason, those in names.items():
        print(f"left out    {', '.join(those)}: {reason}", flush=True)
    return template


def _pairs(texts: list[str]) -> dict[str, str]:
    if wrong := [text for text in texts if "=" not in text]:
        raise CommandError(f"{wrong[0]!r} is not of the form NAME=VALUE")
    return dict(text.split("=", 1) for text in texts)


main()
