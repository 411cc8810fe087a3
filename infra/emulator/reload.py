"""Watches files, so that the next call gets an edited function or template."""

import asyncio
import os
from collections.abc import Callable
from importlib.util import cache_from_source
from pathlib import Path

from watchfiles import Change, PythonFilter, awatch

from infra.emulator.command_error import CommandError
from infra.emulator.gateway import Gateway
from infra.emulator.model import Template
from infra.emulator.runtime import Runtime

NAMES = 3  # of files, in the line that reports a reload
QUIET = 50  # ms without a change that end a burst of changes


async def reload_on_change(
    gateway: Gateway, runtime: Runtime, load_template: Callable[[], Template]
) -> Callable[[], object]:
    """Watches from now on. Returns a function that ends it."""
    task = asyncio.create_task(_watch_template(gateway, runtime, load_template))
    for _ in range(2):
        await asyncio.sleep(0)  # both watches run up to their first wait, when they already watch
    return task.cancel


async def _watch_code(template: Template, runtime: Runtime) -> None:
    functions = template.functions.values()
    folders = {folder for function in functions for folder in (function.code, *function.layers)}
    there = [folder for folder in folders if folder.is_dir()]
    async for changes in awatch(*there, watch_filter=PythonFilter(), debounce=2 * QUIET, step=QUIET):
        files = {Path(path) for _, path in changes}
        for file in files:  # two saves in one second would share the bytecode of the first
            Path(cache_from_source(file)).unlink(missing_ok=True)
        root = template.files[0].resolve().parent
        runtime.renew(files)
        print(f"reloaded    {_named(files, root)}", flush=True)
        _show_syntax_errors(files, root)


async def _watch_template(gateway: Gateway, runtime: Runtime, load_template: Callable[[], Template]) -> None:
    # Folders, since editors replace the file by a new one.
    folders = {file.parent for file in gateway.template.files}

    def is_template(_: Change, path: str) -> bool:
        return Path(path) in gateway.template.files

    code = asyncio.create_task(_watch_code(gateway.template, runtime))
    try:
        async for _ in awatch(
            *folders, watch_filter=is_template, recursive=False, debounce=2 * QUIET, step=QUIET
        ):
            try:
                gateway.use(load_template())
                print(f"reloaded    the template: {len(gateway.template.routes)} routes", flush=True)
            except CommandError as error:
                print(f"the old template stays in use: {error}", flush=True)
            code.cancel()
            code = asyncio.create_task(_watch_code(gateway.template, runtime))
            runtime.pool.retire()  # after the load, during which code may have changed
    finally:
        code.cancel()


def _named(files: set[Path], root: Path) -> str:
    names = sorted(os.path.relpath(file, root) for file in files)
    return ", ".join(names[:NAMES]) + (f" and {len(names) - NAMES} more" if len(names) > NAMES else "")


def _show_syntax_errors(files: set[Path], root: Path) -> None:
    for file in files:
        if file.exists():
            try:
                compile(file.read_bytes(), file, "exec", dont_inherit=True)
            except SyntaxError as error:
                print(f"{os.path.relpath(file, root)}:{error.lineno}: {error.msg}", flush=True)
