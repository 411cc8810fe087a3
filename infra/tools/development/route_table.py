"""`python -m infra.tools.development.route_table`: writes docs/routes.md from docs/routes.csv."""

import csv
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
METHODS = ("GET", "POST", "PUT", "DELETE")
PLACE = re.compile(r"(?<=<!-- routes -->\n).*(?=<!-- /routes -->)", re.DOTALL)


def table_of_routes(routes: str) -> str:
    """Returns a line per path, with its operations and their callers."""
    paths: dict[str, dict[str, str]] = {}
    for row in csv.DictReader(routes.splitlines()):
        paths.setdefault(row["path"], {})[row["method"]] = f"{row['operation_id']} {row['auth'][0]}"
    head = f"| path | {' | '.join(METHODS)} |\n|{' --- |' * (len(METHODS) + 1)}\n"
    return head + "".join(
        f"| `{path}` | {' | '.join(operations.get(method, '') for method in METHODS)} |\n"
        for path, operations in paths.items()
    )


def with_routes(page: str, routes: str) -> str:
    return PLACE.sub(lambda _: f"\n{table_of_routes(routes)}\n", page)


if __name__ == "__main__":
    page = ROOT / "docs/routes.md"
    routes = (ROOT / "docs/routes.csv").read_text()
    page.write_text(with_routes(page.read_text(), routes))
