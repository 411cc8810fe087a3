"""`python -m tests.contract.loaded_modules`: what each route's module loads, as JSON by operation.

Each is imported in a process of its own, forked from one that has loaded what all of its kind load, so that
forty routes are measured in the time of a few.
"""

import importlib
import json
import os
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
COMMON = ("json", "shared.http", "shared.database")  # each is loaded by those of the next, too


def common_to(text: str) -> int:
    """Returns the number of COMMON modules that a module with this text loads in any case."""
    return 3 if "shared.database" in text else 2 if "shared.http" in text else 1


def modules_after(name: str) -> list[str]:
    received, sent = os.pipe()
    if os.fork() == 0:
        importlib.import_module(name)
        with os.fdopen(sent, "w") as answer:
            json.dump(sorted(sys.modules), answer)
        os._exit(0)
    os.close(sent)
    with os.fdopen(received) as answer:
        found: list[str] = json.load(answer)
    os.wait()
    return found


def main() -> None:
    files = [file for file in sorted((ROOT / "functions").glob("*/*.py")) if "handler" in file.read_text()]
    loaded: dict[str, list[str]] = {}
    for stage, name in enumerate(COMMON, start=1):
        importlib.import_module(name)
        for file in files:
            if common_to(file.read_text()) == stage:
                loaded[file.stem] = modules_after(f"{file.parent.name}.{file.stem}")
    json.dump(loaded, sys.stdout)


if __name__ == "__main__":
    main()
