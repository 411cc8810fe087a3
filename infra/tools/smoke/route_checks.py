"""Checks that every route answers, without a token and with one.

No call changes anything: writes send an invalid body or an id that no row has.
"""

import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from infra.emulator.template_yaml import parse
from infra.tools.smoke.api import Api

ROOT = Path(__file__).parents[3]
DOCUMENT, TEMPLATE = ROOT / "docs/openapi.json", ROOT / "template.yaml"
WITH_MAIL = "MailRoutes"  # the template's condition
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


def mail_routes() -> set[str]:
    """Returns the routes that a deployment without mail lacks."""
    functions = [each for each in parse(TEMPLATE)["Resources"].values() if each.get("Condition") == WITH_MAIL]
    routes = [each["Properties"]["Events"]["Route"]["Properties"] for each in functions]
    return {f"{route['Method']} {route['Path']}" for route in routes}


def expected(api: Api) -> list[Route]:
    """Returns the routes that should answer. If one of mail is missing, all of them are."""
    of_mail = mail_routes()
    method, _, path = min(of_mail).partition(" ")
    answer = api.call(method, path, {})
    is_missing = answer.status == 404 and not answer.is_ours
    return [route for route in routes() if not (is_missing and str(route) in of_mail)]


def problems(api: Api, token: str, asked: list[Route]) -> list[str]:
    """Returns a sentence for each route with a wrong answer."""
    with ThreadPoolExecutor(CALLERS) as callers:
        answers = callers.map(lambda route: list(_of(api, route, token)), asked)
        return [each for some in answers for each in some]


def _of(api: Api, route: Route, token: str) -> Iterator[str]:
    path = re.sub(r"\{\w+\}", NOTHINGS, route.path)
    body: dict[str, str] | None = None if route.method in ("GET", "DELETE") else {}
    if route.is_protected:
        closed = api.call(route.method, path, body)
        if closed.status != 401:
            yield f"{route}: expected 401 without a token, got {closed}"
    answer = api.call(route.method, path, body, token if route.is_protected else None)
    if answer.status in (0, 401) or answer.status >= 500 or not answer.is_ours:
        yield f"{route}: expected an answer of its function, got {answer}"
