"""All our routes in one function, in place of a function each."""

import importlib

from shared.http import lambda_handler, one_route_app

from fastapi import FastAPI

from tests.support.client import ROOT

app = one_route_app()
for file in sorted((ROOT / "functions").glob("*/[!_]*.py")):
    found = getattr(importlib.import_module(f"{file.parent.name}.{file.stem}"), "app", None)
    if isinstance(found, FastAPI):
        app.include_router(found.router)

handler = lambda_handler(app)
