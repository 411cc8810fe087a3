"""`python -m infra.tools.clients [FOLDER [KIND...]]`: writes clients of docs/openapi.json to dist/clients."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from shared import __version__
from shared.runtime.product import IDENTIFIER, NAME, TITLE

from infra.tools.clients.collection import runnable
from infra.tools.clients.successes import raise_for_none, without_errors

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
TOOLS = ROOT / ".clients"  # `make clients` installs them there
DOCUMENT = ROOT / "docs/openapi.json"


def tool(*command: str | Path) -> None:
    path = os.pathsep.join(map(str, (TOOLS / "bin", TOOLS / "node_modules/.bin", os.environ["PATH"])))
    ended = subprocess.run(
        command, env=os.environ | {"PATH": path}, capture_output=True, text=True, check=False
    )
    if ended.returncode != 0:
        sys.exit(f"error: {' '.join(map(str, command))}\n{ended.stdout}{ended.stderr}")


def python(folder: Path, document: dict[str, Any]) -> None:
    own = HERE / "python"
    with TemporaryDirectory() as made:
        source = Path(made) / "openapi.json"
        source.write_text(json.dumps(without_errors(document)))
        config = Path(made) / "python.yaml"
        names = f"project_name_override: {NAME}-client\npackage_name_override: {IDENTIFIER}_client\n"
        config.write_text(names + (own / "generator.yaml").read_text())
        options = ("--meta", "uv", "--config", config, "--output-path", folder, "--overwrite")
        tool("openapi-python-client", "generate", "--path", source, *options, "--fail-on-warning")
    package = folder / f"{IDENTIFIER}_client"
    for file in (package / "types.py", *package.glob("api/*/*.py")):
        file.write_text(raise_for_none(file.read_text()))
    shutil.copytree(own, package, dirs_exist_ok=True, ignore=shutil.ignore_patterns("*.yaml", "__pycache__"))


def typescript(folder: Path, _: dict[str, Any]) -> None:
    shutil.copytree(HERE / "typescript", folder, dirs_exist_ok=True)
    package = json.loads((folder / "package.json").read_text())
    about = {
        "name": f"{NAME}-client",
        "version": __version__,
        "description": f"A typed client of {TITLE}, made from its OpenAPI document.",
    }
    (folder / "package.json").write_text(json.dumps(about | package, indent=2))
    settings = {
        "input": str(DOCUMENT),
        "parser": {"filters": {"tags": {"exclude": ["Meta"]}}},
        "output": {"path": str(folder / "src/generated"), "module": {"extension": ".js"}},
        "plugins": [
            "@hey-api/typescript",
            {"name": "@hey-api/sdk", "client": False, "responseStyle": "data"},
            {"name": "@hey-api/client-fetch", "throwOnError": True},
        ],
        "logs": {"level": "error", "file": False},
    }
    with TemporaryDirectory() as made:
        file = Path(made) / "openapi-ts.config.mjs"
        file.write_text(f"export default {json.dumps(settings)};")
        tool("openapi-ts", "--file", file)
    tool("tsc", "--project", folder)


def postman(folder: Path, document: dict[str, Any]) -> None:
    file = folder / f"{NAME}.postman_collection.json"
    folder.mkdir(parents=True, exist_ok=True)
    tool("openapi2postmanv2", "--spec", DOCUMENT, "--output", file, "--options", "folderStrategy=Tags")
    file.write_text(json.dumps(runnable(json.loads(file.read_text()), document), indent=2))


MAKERS = {"python": python, "typescript": typescript, "postman": postman}


def make(folder: Path, kinds: Iterable[str]) -> None:
    document = json.loads(DOCUMENT.read_text())
    for kind in kinds:
        MAKERS[kind](folder / kind, document)


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "dist/clients"
    chosen = sys.argv[2:] or list(MAKERS)
    make(target, chosen)
    print(f"wrote {target}: {', '.join(chosen)}")
