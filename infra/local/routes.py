"""`python -m infra.local.routes`: prints each route with its access, its function and its file."""

from infra.emulator.model import Function, Route
from infra.emulator.template import load
from infra.local.command import run
from infra.local.config import ROOT, template_parameters

ANYONE = "anyone"


def main() -> None:
    template = load(ROOT / "template.yaml", "http://127.0.0.1:3000", {}, template_parameters())
    rows = [
        (route.method, route.path, access(route), route.function, file_of(template.functions[route.function]))
        for route in sorted(template.routes, key=lambda route: (route.path, route.method))
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def access(route: Route) -> str:
    """Describes the callers that the gateway admits."""
    if route.authorizer is None:
        return ANYONE
    return " or ".join(route.scopes) if route.scopes else "a token"


def file_of(function: Function) -> str:
    """Returns the handler's module, relative to the project's folder."""
    module = function.handler.rpartition(".")[0]
    file = function.code / (module.replace(".", "/") + ".py")
    return str(file.relative_to(ROOT)) if file.is_relative_to(ROOT) else str(file)


run(main)
