"""Template, modules and route table say the same; what is missing is named."""

import ast
import importlib
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from fastapi.routing import APIRoute

from infra.emulator.model import Route, Template
from infra.emulator.template import load
from tests.client import ROOT, ROUTES

PLAIN_HANDLERS = {"openid_configuration", "jwks"}
TABLE = {row["operation_id"]: row for row in ROUTES}


def _defines_handler(path: Path) -> bool:
    names = {node.id for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Name)}
    return "handler" in names or path.stem in PLAIN_HANDLERS


MODULES = {path.stem: path for path in (ROOT / "functions").glob("*/*.py") if _defines_handler(path)}


@cache
def template() -> Template:
    return load(ROOT / "template.yaml", "http://issuer.test", {}, {})


def operation_of(route: Route) -> str:
    """CreateItemFunction → create_item."""
    name = route.function.removesuffix("Function")
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("_")


DEPLOYED = {operation_of(route): route for route in template().routes}


def test_every_route_module_has_its_block_and_its_row() -> None:
    assert MODULES
    for operation in MODULES:
        function = "".join(word.capitalize() for word in operation.split("_")) + "Function"
        assert operation in DEPLOYED, f"template.yaml lacks the block {function} of {MODULES[operation]}"
        assert operation in TABLE, f"tests/contract/routes.csv lacks the row of {operation}"


def test_every_block_has_its_module() -> None:
    for operation, route in DEPLOYED.items():
        handler = template().functions[route.function].handler
        module, _, name = handler.rpartition(".")
        path = ROOT / "functions" / (module.replace(".", "/") + ".py")
        assert path.exists(), f"{route.function} names {handler}, but {path} is not there"
        assert (path.stem, name) == (operation, "handler"), (
            f"{route.function} should name {operation}.handler"
        )


@pytest.mark.parametrize("operation", sorted(DEPLOYED))
def test_a_block_says_what_the_table_says(operation: str) -> None:
    route, row = DEPLOYED[operation], TABLE[operation]
    assert (route.method, route.path) == (row["method"], row["path"])
    assert (route.authorizer is None) == (row["auth"] == "-"), (
        f"{route.function}: the table's auth is {row['auth']}"
    )
    assert route.scopes == ()


@pytest.mark.parametrize("operation", sorted(MODULES))
def test_a_module_opens_with_its_address(operation: str) -> None:
    docstring = ast.get_docstring(ast.parse(MODULES[operation].read_text())) or ""
    row = TABLE[operation]
    assert docstring.startswith(f"{row['method']} {row['path']}: ")


@pytest.mark.parametrize("operation", sorted(set(MODULES) - PLAIN_HANDLERS))
def test_an_app_has_its_one_route(operation: str) -> None:
    path, row = MODULES[operation], TABLE[operation]
    app: Any = importlib.import_module(f"{path.parent.name}.{path.stem}").app
    [route] = [route for route in app.routes if isinstance(route, APIRoute)]
    assert len(app.routes) == 1
    assert (route.methods, route.path) == ({row["method"]}, row["path"])
    assert route.endpoint.__name__ == operation
    assert (route.status_code or 200) == int(row["status"])


def imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return {name.partition(".")[0] for name in found}


def test_arrows_point_one_way() -> None:
    domains = {
        path.name for path in (ROOT / "functions").iterdir() if path.is_dir() and path.name != "__pycache__"
    }
    for path in (ROOT / "functions").rglob("*.py"):
        domain = path.relative_to(ROOT / "functions").parts[0]
        wrong = imports(path) & (domains - {domain} | {"infra", "tests"})
        assert not wrong, f"{path} imports {wrong}: a domain uses shared/ and itself"
    for path in (ROOT / "shared").rglob("*.py"):
        assert not imports(path) & (domains | {"infra", "tests"}), f"{path}: shared/ imports nothing of ours"
    for path in (ROOT / "infra").rglob("*.py"):
        assert not imports(path) & (domains | {"tests"}), (
            f"{path}: infra/ runs functions, it never imports them"
        )


def test_no_environment_is_read_at_import() -> None:
    readers = [
        path.relative_to(ROOT).as_posix()
        for folder in ("functions", "shared")
        for path in (ROOT / folder).rglob("*.py")
        if "os.environ" in path.read_text() or "getenv" in path.read_text()
    ]
    # The plain handlers have no shared package; each reads its one variable when it is called.
    assert set(readers) == {"shared/settings.py", *(f"functions/meta/{name}.py" for name in PLAIN_HANDLERS)}


def test_no_route_commits() -> None:
    for path in (ROOT / "functions").rglob("*.py"):
        calls = {
            node.attr for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Attribute)
        }
        assert "commit" not in calls, f"{path}: a WriteSession commits at the edge"


def test_the_version_is_one() -> None:
    from shared import __version__

    assert f'version = "{__version__}"' in (ROOT / "pyproject.toml").read_text()
