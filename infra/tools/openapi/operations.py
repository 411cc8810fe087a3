"""The documented operations: their modules, dependencies and docstrings."""

import importlib
import inspect
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import Any, get_args

from shared.http.rate_limit import is_limited

from fastapi.dependencies.models import Dependant
from fastapi.params import Depends
from fastapi.routing import APIRoute

FUNCTIONS = Path(__file__).parents[3] / "functions"
METHODS = ("GET", "POST", "PUT", "DELETE")


def modules_of_routes() -> list[str]:
    """Returns the modules of functions/ that have an app."""
    found = [file for file in FUNCTIONS.glob("*/*.py") if "one_route_app(" in file.read_text()]
    return [f"{file.parent.name}.{file.stem}" for file in found]


@dataclass(frozen=True)
class Docstring:
    """`METHOD /path: what it does.`, then perhaps more about it, then perhaps `Errors: a_code, another.`"""

    method: str
    path: str
    summary: str
    more: str
    errors: tuple[str, ...]

    @classmethod
    def of(cls, module: ModuleType) -> "Docstring":
        text = inspect.getdoc(module) or ""
        first, *paragraphs = text.split("\n\n")
        head = re.fullmatch(r"(\w+) (/\S*): (.*)\.", " ".join(first.split()))
        assert head is not None, f"{module.__name__} does not begin with its address"
        codes = [each for each in paragraphs if each.startswith("Errors: ")]
        more = "\n\n".join(" ".join(each.split()) for each in paragraphs if each not in codes)
        errors = re.findall(r"\w+", codes[0].removeprefix("Errors: ")) if codes else []
        return cls(head[1], head[2], head[3][0].upper() + head[3][1:], more, tuple(errors))


@dataclass(frozen=True)
class Operation:
    """One route of an app."""

    name: str
    module: ModuleType
    route: APIRoute

    @property
    def domain(self) -> str:
        return self.module.__name__.rpartition(".")[0]

    @property
    def method(self) -> str:
        [method] = list(self.route.methods or [])
        return method

    @property
    def path(self) -> str:
        return self.route.path

    @property
    def shown(self) -> str:
        """The name of the model that the answer shows: `Book` for `BookOut`, else empty."""
        return getattr(self.route.response_model, "__name__", "").removesuffix("Out")

    @cached_property
    def docstring(self) -> Docstring:
        return Docstring.of(self.module)

    @property
    def is_limited(self) -> bool:
        """True if the rate limit counts calls of this route."""
        return is_limited(self.path)

    @cached_property
    def _calls(self) -> set[Any]:
        return set(_calls_of(self.route.dependant))

    @property
    def has_etag(self) -> bool:
        """Tells whether successful answers carry an ETag: the route's app declares it."""
        return bool(self.module.app.state.has_etag) and self.route.status_code != 204

    @property
    def is_file(self) -> bool:
        """True for a file, which anyone loads by any query."""
        return bool(self.module.app.state.any_query)

    @property
    def is_conditional_read(self) -> bool:
        return self.method == "GET" and self.has_etag

    def depends_on(self, dependency: Any) -> bool:
        """Tells whether the route has `dependency`, as routes write it: `CurrentUser` or `Idempotent`."""
        if isinstance(dependency, Depends):
            return dependency.dependency in self._calls
        of, *metadata = get_args(dependency.__value__ if hasattr(dependency, "__value__") else dependency)
        return (metadata[0].dependency or of) in self._calls

    def takes_header(self, name: str) -> bool:
        return name in _headers_of(self.route.dependant)


def operations(modules: Iterable[str]) -> list[Operation]:
    """Returns the routes of these modules, by domain and path."""
    found = []
    for name in modules:
        module = importlib.import_module(name)
        if hasattr(module, "app"):
            [route] = module.app.routes
            found.append(Operation(name.rpartition(".")[2], module, route))
    return sorted(found, key=lambda each: (each.domain, each.path, METHODS.index(each.method)))


def resources(found: list[Operation]) -> dict[str, str]:
    """The resource that a path names by its id, as its routes call it: `/api/v1/people/{id}` → person."""
    return {each.path: each.name.partition("_")[2] for each in found if each.path.endswith("/{id}")}


def _calls_of(dependant: Dependant) -> Iterator[Any]:
    yield dependant.call
    for each in dependant.dependencies:
        yield from _calls_of(each)


def _headers_of(dependant: Dependant) -> set[str]:
    own = {parameter.alias for parameter in dependant.header_params}
    return own.union(*(_headers_of(each) for each in dependant.dependencies))
