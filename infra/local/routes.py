"""`python -m infra.local.routes`: prints each route with its access, its function and its file."""

import csv

from infra.emulator.model import Function
from infra.emulator.template import load
from infra.local.command import run
from infra.local.config import ROOT, template_parameters

# The gateway lets in anyone or who has a token; the rest is the functions' to decide.
CALLERS = {"-": "anyone", "J": "any user", "A": "an admin", "O403": "the owner", "O404": "the owner"}


def main() -> None:
    template = load(ROOT / "template.yaml", "http://127.0.0.1:3000", {}, template_parameters())
    callers = declared()
    rows = [
        (
            *(route.method, route.path, callers.get(route.key, "not in docs/routes.csv")),
            *(route.function, file_of(template.functions[route.function])),
        )
        for route in sorted(template.routes, key=lambda route: (route.path, route.method))
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def declared() -> dict[str, str]:
    """The callers of each route by docs/routes.csv: `GET /api/v1/users` → an admin."""
    rows = csv.DictReader((ROOT / "docs/routes.csv").read_text().splitlines())
    return {f"{row['method']} {row['path']}": CALLERS[row["auth"]] for row in rows}


def file_of(function: Function) -> str:
    """Returns the handler's module, relative to the project's folder."""
    module = function.handler.rpartition(".")[0]
    file = function.code / (module.replace(".", "/") + ".py")
    return str(file.relative_to(ROOT)) if file.is_relative_to(ROOT) else str(file)


run(main)
