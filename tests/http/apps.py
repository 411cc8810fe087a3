"""The one route of every deployed app."""

import importlib

from fastapi.routing import APIRoute

from tests.support.client import ROOT, ROUTES, SAMPLE_ROUTES, module_of

ROUTE_TABLE = {row["operation_id"]: row for row in ROUTES + SAMPLE_ROUTES}


def _apps() -> dict[str, APIRoute]:
    found = {}
    for path in sorted((ROOT / "functions").glob("*/*.py")):
        if path.stem in ROUTE_TABLE and "one_route_app(" in path.read_text():
            found[path.stem] = route_of(path.stem)
    return found


def route_of(operation: str) -> APIRoute:
    """Returns the one route of a deployed app or one of the sample."""
    app = importlib.import_module(module_of(operation)).app
    [route] = (route for route in app.routes if isinstance(route, APIRoute))
    return route


APPS = _apps()
FILES = {"docs", "docs_asset", "openapi_json", "redoc"}  # they say themselves how they may be kept
