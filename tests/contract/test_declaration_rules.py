"""Modules, template, route table and samples agree. A failure lists all differences at once."""

import importlib
from typing import Any

import pytest
from fastapi.routing import APIRoute

from tests.contract.declaration_rules import RULES, Rule
from tests.contract.project import PLAIN_HANDLERS, Project
from tests.support.client import ROOT

PROJECT = Project(ROOT)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_it_holds(rule: Rule) -> None:
    problems = list(rule(PROJECT))
    assert not problems, "\n" + "\n".join(problems)


@pytest.mark.parametrize("operation", sorted(set(PROJECT.routes) - PLAIN_HANDLERS))
def test_an_app_has_its_one_route(operation: str) -> None:
    module, row = PROJECT.routes[operation], PROJECT.table[operation]
    app: Any = importlib.import_module(f"{module.domain}.{module.name}").app
    [route] = app.routes
    assert isinstance(route, APIRoute)
    assert (route.methods, route.path) == ({row["method"]}, row["path"])
    assert (route.status_code or 200) == int(row["status"])


def test_no_route_declares_a_scope() -> None:
    assert [route.key for route in PROJECT.template.routes if route.scopes] == []


def test_settings_alone_read_the_environment() -> None:
    """But for the plain handlers and what they share, which read their one variable when they are called."""
    plain = {str(PROJECT.routes[operation]) for operation in PLAIN_HANDLERS}
    allowed = {"shared/runtime/settings.py"} | plain
    modules = PROJECT.modules("functions") + PROJECT.modules("shared")
    readers = {str(module) for module in modules if module.names & {"environ", "getenv"}}
    assert readers - allowed == set()


def test_the_version_is_one() -> None:
    from shared import __version__

    assert f'version = "{__version__}"' in (ROOT / "pyproject.toml").read_text()
