import ast

from tests.support.client import ROOT

OURS = {path.name for path in ROOT.iterdir() if path.is_dir()} | {
    path.name for path in (ROOT / "functions").iterdir() if path.is_dir()
}


def test_the_emulator_imports_nothing_of_ours() -> None:
    assert {"infra", "shared", "items"} <= OURS
    wrong: list[str] = []
    for file in (ROOT / "infra/emulator").glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            names = [each.name for each in node.names] if isinstance(node, ast.Import) else []
            names += [str(node.module)] if isinstance(node, ast.ImportFrom) else []
            wrong += [f"{file.name}: {name}" for name in names if is_foreign(name)]
    assert wrong == []


def is_foreign(module: str) -> bool:
    return module.partition(".")[0] in OURS and not f"{module}.".startswith("infra.emulator.")
