"""Finds the route of a request. Source: API Gateway developer guide, "Create routes for HTTP APIs"."""

import re
from collections.abc import Iterable

from infra.emulator.model import DEFAULT, Route

VARIABLE = re.compile(r"\{([\w.:-]+)(\+?)\}")


class Router:
    def __init__(self, routes: Iterable[Route]) -> None:
        self._routes = [(_pattern(route.path), VARIABLE.findall(route.path), route) for route in routes]

    def match(self, method: str, path: str) -> tuple[Route, dict[str, str]] | None:
        """The most specific route and its path variables.

        Literal segments precede variables, then `{name+}`, then $default. `path` is decoded, so an encoded
        slash divides segments.
        """
        matches = [
            (route, dict(zip((name for name, _ in names), match.groups(), strict=True)))
            for pattern, names, route in self._routes
            if route.method in (method, "ANY") and (match := pattern.fullmatch(path))
        ]
        return None if not matches else min(matches, key=lambda found: _priority(found[0]))


def _pattern(path: str) -> re.Pattern[str]:
    if path == DEFAULT:
        return re.compile(r"/.*", re.DOTALL)
    parts = VARIABLE.split(path)
    pattern = re.escape(parts[0])
    for greedy, literal in zip(parts[2::3], parts[3::3], strict=True):
        pattern += f"({'.+' if greedy else '[^/]+'})" + re.escape(literal)
    return re.compile(pattern, re.DOTALL)


def _priority(route: Route) -> tuple[object, ...]:
    segments = [2 if "+}" in segment else 1 if "{" in segment else 0 for segment in route.path.split("/")]
    return (route.path == DEFAULT, *segments, route.method == "ANY")
