"""A cold start loads only modules that its route uses: counts, and forbidden modules."""

import json
import os
import site
import subprocess
import sys
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

import pytest

from tests.contract.project import PLAIN_HANDLERS, Module, Project
from tests.support.client import ROOT
from tests.support.sample_calls import TABLE

pytestmark = pytest.mark.slow
ROUTES = Project(ROOT).routes
UNUSED = ROOT / "infra/deployed/layers/unused.txt"
DATABASE = ("sqlalchemy", "pg8000", "shared.models", "shared.database")
FRAMEWORK = ("fastapi", "pydantic", "starlette")
READER = ("shared.database.replica",)  # where one is named, its first call loads it
HASHES = ("argon2",)
EDGE = ("shared.http.edge",)  # what asks for its secret, where there is one
TOKENS = ("jwt", "cryptography", "bcrypt")  # cryptography loads bcrypt

SIGN = {"login", "refresh", "web_login", "web_refresh", "issue_token"}
HASH = {"login", "web_login", "register", "change_password", "reset_password"}

# Modules loaded at most, with some room for newer versions. Of them the interpreter's own are 60.
MOST = {"plain": 100, "without a database": 530, "reads": 740, "writes": 770, "signs": 830}
SHARED_TABLES = {"base", "users", "idempotency", "jobs", "mail"}  # those that shared/ itself reads


def kind_of(operation: str) -> str:
    if operation in PLAIN_HANDLERS:
        return "plain"
    if "shared.database" not in ROUTES[operation].text:
        return "without a database"
    if operation in SIGN:
        return "signs"
    return "reads" if TABLE[operation]["method"] == "GET" else "writes"


def forbidden(operation: str) -> tuple[str, ...]:
    kind = kind_of(operation)
    return (
        (FRAMEWORK if kind == "plain" else ())
        + (DATABASE if kind in ("plain", "without a database") else ())
        + READER
        + (TOKENS if operation not in SIGN else ())
        + (HASHES if operation not in HASH else ())
        + EDGE
    )


@pytest.fixture(scope="module")
def loaded() -> dict[str, list[str]]:
    path = os.pathsep.join(map(str, (ROOT, ROOT / "functions")))
    ran = subprocess.run(
        [sys.executable, "-m", "tests.contract.loaded_modules"],
        cwd=ROOT,
        env={"PYTHONPATH": path},
        capture_output=True,
        check=True,
    )
    return json.loads(ran.stdout)


def among(modules: list[str], names: tuple[str, ...]) -> list[str]:
    return [name for name in names if name in modules]


def tables_of(domain: str) -> set[str]:
    """Returns the modules of tables that a domain's code and what it imports of shared/ name, with those that
    its own tables point to.
    """
    model = Module(ROOT, ROOT / f"shared/models/{domain}.py")
    modules = Project(ROOT).modules(f"functions/{domain}") + [model] * model.file.exists()
    imported = {name for module in modules for name in module.imports if name.startswith("shared.")}
    files = {ROOT / f"{name.rpartition('.')[0].replace('.', '/')}.py" for name in imported}
    modules += [Module(ROOT, file) for file in files if file.exists()]
    names = {name for module in modules for name in module.imports if name.startswith("shared.models.")}
    return {name.split(".")[2] for name in names}


def tables_of_others(operation: str, modules: list[str]) -> Iterator[str]:
    own = SHARED_TABLES | tables_of(ROUTES[operation].domain)
    for name in modules:
        if name.startswith("shared.models.") and name.removeprefix("shared.models.") not in own:
            yield name


def test_every_route_is_looked_at(loaded: dict[str, list[str]]) -> None:
    assert set(loaded) == set(ROUTES)


def test_no_route_loads_what_others_need(loaded: dict[str, list[str]]) -> None:
    found = {each: among(modules, forbidden(each)) for each, modules in loaded.items()}
    assert {each: names for each, names in found.items() if names} == {}


def is_compiled(name: str) -> bool:
    """Returns True if the module is loaded from a shared library, beside which its source is of no use."""
    return any(Path(folder, name).parent.glob(f"{Path(name).name}.*.so") for folder in site.getsitepackages())


def test_no_route_loads_what_the_layer_leaves_out(loaded: dict[str, list[str]]) -> None:
    patterns = [line.partition("#")[0].strip() for line in UNUSED.read_text().splitlines()]
    left_out = [pattern for pattern in patterns if pattern and "*" not in pattern[:2]]
    modules = {name.replace(".", "/") for names in loaded.values() for name in names}
    files = {f"{name}{suffix}" for name in modules if not is_compiled(name) for suffix in ("", ".py")}
    found = {file for file in files for pattern in left_out if fnmatch(file, pattern)}
    assert found - {"pydantic/v1"} == set()  # FastAPI looks for it and does without


def test_a_route_maps_the_tables_of_its_domain_alone(loaded: dict[str, list[str]]) -> None:
    found = {each: list(tables_of_others(each, modules)) for each, modules in loaded.items()}
    assert {each: names for each, names in found.items() if names} == {}


def test_no_route_loads_more_modules_than_its_kind_may(loaded: dict[str, list[str]]) -> None:
    counts = {each: len(modules) for each, modules in loaded.items()}
    print(json.dumps(counts))
    assert {each: count for each, count in counts.items() if count > MOST[kind_of(each)]} == {}
