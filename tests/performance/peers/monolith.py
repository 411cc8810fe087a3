"""All our routes in one function, in place of a function each."""

import importlib
import pkgutil

from shared.http import lambda_handler, one_route_app

from fastapi import FastAPI

import accounts
import items
import library
import meta
import social
import tracker

app = one_route_app()
for domain in (accounts, items, library, meta, social, tracker):
    for module in pkgutil.iter_modules(domain.__path__):
        found = getattr(importlib.import_module(f"{domain.__name__}.{module.name}"), "app", None)
        if isinstance(found, FastAPI):
            app.include_router(found.router)

handler = lambda_handler(app)
