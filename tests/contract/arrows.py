"""Imports between rooms: runtime <- redis <- http <- database <- identity <- idempotency <- functions."""

from collections.abc import Iterator

from tests.contract.project import Module, Project

ORDER = ["runtime", "redis", "http", "database", "identity", "idempotency"]  # each may import those before it
ROOMS = {room: {room, *ORDER[:place]} for place, room in enumerate(ORDER)} | {"models": {"models"}}
for room in ("database", "identity", "idempotency"):
    ROOMS[room] |= {"models"}


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
    for module in project.modules("infra/emulator"):
        for other in sorted(_ours(module)):
            yield f"{module} imports {other}: the emulator serves any template and knows nothing of ours"


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


def _ours(module: Module) -> set[str]:
    ours = {name for name in module.imports if name.split(".")[0] in ("shared", "functions", "infra")}
    return {name for name in ours if not name.startswith("infra.emulator")}
