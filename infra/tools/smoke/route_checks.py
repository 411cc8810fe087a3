"""Checks that every route answers, without a token and with one.

No call changes anything: writes send an invalid body or an id that no row has.
"""

import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from infra.tools.smoke.api import Api

DOCUMENT = Path(__file__).parents[3] / "docs/openapi.json"
NOTHINGS = str(2**63 - 1)  # the greatest id, which no row has
CALLERS = 8  # concurrent callers, since each function may be cold


@dataclass(frozen=True)
class Route:
    method: str
    path: str
    is_protected: bool

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def routes() -> list[Route]:
    """Returns the API document's routes except the issuer's, which have another host in the cloud."""
    paths = json.loads(DOCUMENT.read_text())["paths"]
    return [
        Route(method.upper(), path, bool(operation["security"]))
        for path, operations in paths.items()
        for method, operation in operations.items()
        if "/.well-known/" not in path
    ]


def problems(api: Api, token: str) -> list[str]:
    """Returns a sentence for each route with a wrong answer."""
    with ThreadPoolExecutor(CALLERS) as callers:
        return [
            each
            for some in callers.map(lambda route: list(_of(api, route, token)), routes())
            for each in some
        ]


def _of(api: Api, route: Route, token: str) -> Iterator[str]:
    path = re.sub(r"\{\w+\}", NOTHINGS, route.path)
    body: dict[str, str] | None = None if route.method in ("GET", "DELETE") else {}
    if route.is_protected:
        closed = api.call(route.method, path, body)
        if closed.status != 401:
            yield f"{route}: without a token it should be 401, and is {closed}"
    answer = api.call(route.method, path, body, token if route.is_protected else None)
    if answer.status in (0, 401) or answer.status >= 500 or not answer.is_ours:
        yield f"{route}: its function should answer, and there is {answer}"
