"""Imports between rooms point one way, and no two files import each other.

In shared/: runtime <- redis <- http <- database <- identity <- idempotency <- jobs <- functions.
In infra/: DEPENDENCIES.
"""

import ast
from collections.abc import Collection, Iterator

from tests.contract.project import Module, Project

ORDER = [
    "runtime",
    "redis",
    "http",
    "database",
    "identity",
    "idempotency",
    "jobs",
]  # each imports those before it
ROOMS = {room: {room, *ORDER[:place]} for place, room in enumerate(ORDER)} | {"models": {"models"}}
for room in ("database", "identity", "idempotency", "jobs"):
    ROOMS[room] |= {"models"}

DEPENDENCIES = {  # rooms of infra/ and the packages of ours that each may import
    "deployed": ("shared", "infra.deployed"),
    "domains": ("shared", "infra.domains"),
    "emulator": ("infra.emulator",),
    "local": ("shared", "infra.deployed", "infra.domains", "infra.emulator", "infra.local"),
    "tools": ("shared", "infra.deployed", "infra.domains", "infra.emulator", "infra.local", "infra.tools"),
}


def arrows_point_one_way(project: Project) -> Iterator[str]:
    domains = {module.domain for module in project.modules("functions")}
    for module in project.modules("functions"):
        for other in sorted(_tops(module) & (domains - {module.domain})):
            yield f"{module} imports {other}: a domain uses itself and shared/, so put there what both need"
    unknown = {
        "functions": {"infra", "tests"},
        "shared": {"infra", "tests", *domains},
        "infra": {"tests", *domains},
    }
    for folder, others in unknown.items():
        for module in project.modules(folder):
            for other in sorted(_tops(module) & others):
                yield f"{module} imports {other}: {folder}/ knows nothing of it"


def rooms_of_infra_are_in_order(project: Project) -> Iterator[str]:
    for module in project.modules("infra"):
        room, *inside = module.file.relative_to(module.root / "infra").parts
        if not inside or room not in DEPENDENCIES:
            yield f"{module} stands in no room: say in tests/contract/arrows.py what it may import"
            continue
        for other in sorted(module.imports):
            top = other.partition(".")[0]
            if top in ("shared", "infra") and not _is_within(other, DEPENDENCIES[room]):
                yield f"{module} imports {other}: {room} may use {', '.join(DEPENDENCIES[room])}"


def _is_within(name: str, packages: tuple[str, ...]) -> bool:
    return any(f"{name}.".startswith(f"{package}.") for package in packages)


def rooms_of_shared_are_in_order(project: Project) -> Iterator[str]:
    for module in project.modules("shared"):
        if (room := _room(module)) == "shared":
            continue
        if room not in ROOMS:
            yield f"{module} stands in no room: say in tests/contract/arrows.py what it may import"
            continue
        for name in sorted(module.imports):
            other = name.split(".")[1] if name.startswith("shared.") else ""
            if other in ROOMS and other != room and other not in ROOMS[room]:
                yield f"{module} imports shared.{other}: {room} may use {', '.join(sorted(ROOMS[room]))}"


def _room(module: Module) -> str:
    first, *rest = module.file.relative_to(module.root / "shared").parts
    return "shared" if first == "__init__.py" and not rest else first.removesuffix(".py")


def _tops(module: Module) -> set[str]:
    return {name.partition(".")[0] for name in module.imports}


def no_files_import_each_other(project: Project) -> Iterator[str]:
    """Imports within functions count; those for type checking alone do not."""
    files = {_name(module): module for folder in ("shared", "infra") for module in project.modules(folder)}
    needs = {name: set(_files(module, files)) - {name} for name, module in files.items()}
    while ready := {name for name, others in needs.items() if not others & set(needs)}:
        needs = {name: others for name, others in needs.items() if name not in ready}
    while unused := set(needs) - {other for others in needs.values() for other in others}:
        needs = {name: others for name, others in needs.items() if name not in unused}
    if needs:
        circle = ", ".join(str(files[name]) for name in sorted(needs))
        yield f"{circle} import each other: put apart what both need"


def _name(module: Module) -> str:
    """The name under which others import it."""
    name = ".".join(module.file.relative_to(module.root).with_suffix("").parts)
    return name.removeprefix("infra.deployed.operations.").removesuffix(".__init__")


def _files(module: Module, known: Collection[str]) -> Iterator[str]:
    """The files that it imports when it runs."""
    nodes = list(ast.walk(module.tree))
    guarded = [
        node for node in nodes if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
    ]
    skipped = {inner for node in guarded for part in node.body for inner in ast.walk(part)}
    for node in set(nodes) - skipped:
        match node:
            case ast.Import():
                yield from {alias.name for alias in node.names} & set(known)
            case ast.ImportFrom(module=str(package)):
                names = {f"{package}.{alias.name}" for alias in node.names}
                yield from {name if name in known else package for name in names} & set(known)
