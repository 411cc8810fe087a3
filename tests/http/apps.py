"""The one route of every app that is there."""

import importlib

from fastapi.routing import APIRoute

from tests.support.client import ROOT, ROUTES

ROUTE_TABLE = {row["operation_id"]: row for row in ROUTES}


def _apps() -> dict[str, APIRoute]:
    found = {}
    for path in sorted((ROOT / "functions").glob("*/*.py")):
        if path.stem in ROUTE_TABLE and "one_route_app(" in path.read_text():
            app = importlib.import_module(f"{path.parent.name}.{path.stem}").app
            [found[path.stem]] = (route for route in app.routes if isinstance(route, APIRoute))
    return found


APPS = _apps()
FILES = {"docs", "docs_asset", "openapi_json", "redoc"}  # they say themselves how they may be kept
