"""Finds functions by the names that people use: `list_items` is ListItemsFunction."""

from dataclasses import replace
from difflib import get_close_matches

from infra.emulator.command_error import CommandError
from infra.emulator.logs import operation
from infra.emulator.model import Function, Template
from infra.emulator.template import load
from infra.local.config import Config, template_parameters

DAY = 86_400.0  # seconds that a person may look at a function


def require_functions(config: Config) -> None:
    """Errors: CommandError, for an unknown function in LOGS or DEBUG_FUNCTION."""
    names = [*config.logs, *([config.debug_function] if config.debug_function else [])]
    if config.debug_function and config.build_dir:
        raise CommandError("DEBUG_FUNCTION works only with the sources: remove BUILT")
    if names:
        template = load(config.template_file, config.origin, {}, template_parameters())
        for name in names:
            find_function(template, name)


def find_function(template: Template, name: str) -> Function:
    """Errors: CommandError, with the nearest name."""
    known = {operation(each): function for each, function in template.functions.items()}
    if operation(name) in known:
        return known[operation(name)]
    [near] = get_close_matches(operation(name), known, 1, 0)
    nearest = known[near].handler.split(".")[-2]
    raise CommandError(f"no function is called {name}: did you mean {nearest}? make routes lists them all")


def enable_debugger(template: Template, name: str, port: int) -> Function:
    """Makes the function's worker wait for a debugger, without a timeout."""
    function = replace(find_function(template, name), debugger=port, timeout=DAY)
    template.functions[function.name] = function
    return function
