"""Shortens a cold start: defers unused parts of libraries and suspends garbage collection.

A deferred module is imported when its content is first used; until then a stand-in hands out placeholders.
This works only if libraries use these modules at import for no more than type hints, base classes and
constants. Gain, in instructions of a cold start with its first read: a quarter by deferring, a tenth by the
collector (`make bench` measures again). Off without `LEAN_START=true`, which template.yaml sets.
"""

import gc
import importlib
import sys
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

from shared.runtime.settings import settings

# Who imports it, and why no route uses it.
DEFERRED = (
    "anyio",  # Starlette: threads, which no `async def` enters
    "asn1crypto",  # scramp
    "aws_lambda_powertools.metrics",  # Powertools' interface; the first metric imports it
    "aws_lambda_powertools.tracing",
    "dateutil",  # pg8000: dates in forms that Postgres does not send
    "email_validator",  # FastAPI: to know whether it is there
    "fastapi.openapi.models",  # FastAPI: the API document, which is made at build time
    "jmespath",  # Powertools: to find things in events
    "opentelemetry._logs",  # FastAPI: telemetry, which is off
    "opentelemetry.metrics",
    "opentelemetry.propagate",
    "opentelemetry.propagators",
    "opentelemetry.trace",
    "redis.asyncio",  # redis-py: shared/redis/client.py needs its one connection only
    "redis.client",
    "redis.cluster",
    "redis.commands",
    "redis.keyspace_notifications",
    "redis.sentinel",
    "scramp",  # pg8000: passwords, where we sign in by token
)


def begin() -> None:
    """Starts deferring. Call it before importing any library."""
    if settings().lean_start:
        gc.disable()
        sys.meta_path.insert(0, _finder)


def end() -> None:
    """Ends deferring after the imports, and keeps the imported objects out of garbage collection."""
    if _finder in sys.meta_path:
        sys.meta_path.remove(_finder)
        for name in [name for name, module in sys.modules.items() if isinstance(module, _StandIn)]:
            del sys.modules[name]
        gc.freeze()
        gc.enable()


class _Finder(MetaPathFinder, Loader):
    def find_spec(self, name: str, path: object = None, target: object = None) -> ModuleSpec | None:
        root = next((each for each in DEFERRED if f"{name}.".startswith(f"{each}.")), None)
        if root is None or (root != name and not isinstance(sys.modules.get(root), _StandIn)):
            return None  # part of a module that was there before
        return ModuleSpec(name, self, is_package=True)

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return _StandIn(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        pass


_finder = _Finder()


class _StandIn(ModuleType):
    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if _importing():
            return _Placeholder(name, (), {"__module__": self.__name__})
        return _real(self.__name__, name)


class _Placeholder(type):
    """A name of a deferred module. Does nothing at import; a later use imports the real one."""

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return cls if _importing() else getattr(_real(cls.__module__, cls.__name__), name)

    def __call__(cls, *arguments: Any, **options: Any) -> Any:
        return cls if _importing() else _real(cls.__module__, cls.__name__)(*arguments, **options)

    def __getitem__(cls, item: object) -> Any:
        return cls


def _importing() -> bool:
    return _finder in sys.meta_path


def _real(module: str, name: str) -> Any:
    try:
        return getattr(importlib.import_module(module), name)
    except AttributeError:
        return importlib.import_module(f"{module}.{name}")
