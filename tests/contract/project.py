"""Reads a project's declarations from its folder: this project's, or those of a changed copy."""

import ast
import csv
import importlib.util
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from types import ModuleType
from typing import Any

from infra.emulator.template import load
from infra.emulator.template_yaml import parse
from infra.tools.names import operation_of
from tests.support.client import MAIL

# They answer without an app, so that nothing is loaded that they do not need.
PLAIN_HANDLERS = {"openid_configuration", "jwks"}


@cache
def _tree(text: str) -> ast.Module:
    return ast.parse(text)


@cache
def _names(text: str) -> set[str]:
    nodes = list(ast.walk(_tree(text)))
    names = {node.id for node in nodes if isinstance(node, ast.Name)}
    return names | {node.attr for node in nodes if isinstance(node, ast.Attribute)}


@cache
def _imports(text: str) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(_tree(text)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


@dataclass(frozen=True)
class Module:
    """A Python file and its contents. Copies share the parsed text."""

    root: Path
    file: Path

    def __str__(self) -> str:
        return self.file.relative_to(self.root).as_posix()

    @property
    def name(self) -> str:
        return self.file.stem

    @property
    def domain(self) -> str:
        return self.file.parent.name

    @cached_property
    def text(self) -> str:
        return self.file.read_text()

    @property
    def tree(self) -> ast.Module:
        return _tree(self.text)

    @property
    def names(self) -> set[str]:
        """Every name and attribute that it mentions."""
        return _names(self.text)

    @property
    def imports(self) -> set[str]:
        """The imported modules and names, as in `shared.http.Id`."""
        return _imports(self.text)

    def load(self) -> ModuleType:
        """Loads it as a separate module from the one that functions import."""
        spec = importlib.util.spec_from_file_location(f"loaded_{self.domain}_{self.name}", self.file)
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module


class Project:
    def __init__(self, root: Path) -> None:
        self.root = root

    @cached_property
    def table(self) -> dict[str, dict[str, str]]:
        """The rows of routes.csv by operation."""
        lines = (self.root / "docs/routes.csv").read_text().splitlines()
        return {row["operation_id"]: row for row in csv.DictReader(lines)}

    def modules(self, folder: str) -> list[Module]:
        return [Module(self.root, file) for file in sorted((self.root / folder).rglob("*.py"))]

    @cached_property
    def routes(self) -> dict[str, Module]:
        """The modules of functions/ that define a handler, by operation."""
        return {
            module.name: module
            for module in self.modules("functions")
            if "handler" in module.names or module.name in PLAIN_HANDLERS
        }

    @cached_property
    def template(self) -> Any:
        """Routes and functions, once SAM has translated them."""
        return load(self.root / "template.yaml", "http://issuer.test", {}, MAIL)

    @cached_property
    def deployed(self) -> dict[str, Any]:
        """The routes of the template by operation."""
        return {operation_of(route.function): route for route in self.template.routes}

    def blocks(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """The functions of template.yaml as they are written there."""
        for name, resource in parse(self.root / "template.yaml")["Resources"].items():
            if resource["Type"] == "AWS::Serverless::Function":
                yield name, resource["Properties"]

    def resources(self, file: str) -> dict[str, Any]:
        return parse(self.root / file)["Resources"]

    def outputs(self, file: str) -> set[str]:
        return set(parse(self.root / file).get("Outputs", {}))
