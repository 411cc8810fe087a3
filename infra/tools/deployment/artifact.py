"""Trims the build and reports its size.

SAM builds every function from one folder, so each has the data of all domains and keeps only its own here.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from samtranslator.yaml_helper import yaml_parse


def keep_own_data(folder: Path) -> None:
    """Deletes data files from a function if they belong to another domain than its handler."""
    for file in (*folder.glob("template.yaml"), *folder.glob("*/template.yaml")):
        for properties in _functions(file):
            built = file.parent / properties["CodeUri"]
            domain = properties["Handler"].partition(".")[0]
            others = {package.parent for package in built.glob("*/__init__.py")} - {built / domain}
            for data in [each for other in others for each in other.iterdir()]:
                if data.is_file() and data.suffix not in (".py", ".pyc"):
                    data.unlink()


def _functions(template: Path) -> Iterator[dict[str, Any]]:
    for resource in yaml_parse(template.read_text())["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            yield resource["Properties"]


def summary(folder: Path, architecture: str) -> Iterator[str]:
    functions = [path for path in (*folder.glob("*Function"), *folder.glob("*/*Function")) if path.is_dir()]
    layers = {
        path.name.removesuffix("Layer").lower(): path for path in folder.rglob("*Layer") if path.is_dir()
    }
    nested = len(list(folder.glob("*/template.yaml")))
    yield f"built       {folder} for {architecture}"
    yield f"functions   {len(functions)}, of {max(map(_megabytes, functions)):.1f} MB at most"
    yield "layers      " + ", ".join(
        f"{name} {_megabytes(path):.1f} MB" for name, path in sorted(layers.items())
    )
    yield f"templates   template.yaml with {nested} nested stacks"


def _megabytes(folder: Path) -> float:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6
