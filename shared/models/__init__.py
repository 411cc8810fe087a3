"""The tables, one module per domain. A function maps those it imports, a migration all."""

import importlib
import pkgutil

from sqlalchemy import MetaData


def map_all() -> MetaData:
    """Maps the tables of all domains, for users of the whole schema."""
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")
    from shared.models.base import Base

    return Base.metadata
