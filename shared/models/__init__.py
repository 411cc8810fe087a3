"""The database, one module per domain: a function maps those that it imports, a migration all of them."""

import importlib
import pkgutil

from sqlalchemy import MetaData


def map_all() -> MetaData:
    """Every table of every domain, for what needs the whole schema."""
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")
    from shared.models.base import Base

    return Base.metadata
