"""`python -m infra.tools.development.lock`: raises pinned versions, and prints each, from and to.

They stand in requirements.lock and the layers, for pyproject.toml; in the Makefile and in
infra/tools/clients/package.json, for tools with an environment of their own. KEEP=1 raises none: it only adds
to requirements.lock what pyproject.toml asks for.
"""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
UV = os.environ.get("UV", "uv")
KEEP = os.environ.get("KEEP") == "1"
LOCK, LAYERS, MAKEFILE = "requirements.lock", "infra/deployed/layers", "Makefile"
CLIENTS = "infra/tools/clients"
GROUPS = ("runtime", "provided", "migrations", "local", "test")
FORM = ("--universal", "--generate-hashes", "--no-emit-index-url", "--no-header")
PIN = re.compile(r"^([A-Za-z0-9_.-]+)==([^\s\\;]+)", re.MULTILINE)
MADE = re.compile(r"^(?:[A-Z]+_PACKAGES|CHECKOV) := (.+)$", re.MULTILINE)  # the Makefile's own pins


def compile_pins(*arguments: str, given: str | None = None) -> str:
    command = [UV, "pip", "compile", "--quiet", "--python-version", "3.13", *arguments]
    ended = subprocess.run(command, cwd=ROOT, input=given, capture_output=True, text=True, check=False)
    if ended.returncode != 0:
        sys.exit(f"error: {ended.stderr.strip()}")
    return ended.stdout


def groups(*names: str) -> list[str]:
    return [part for name in names for part in ("--group", name)]


def lock_packages() -> None:
    upgrade = () if KEEP else ("--upgrade",)
    compile_pins(*FORM, *upgrade, *groups(*GROUPS), "-o", LOCK)
    layers = {"packages": ("runtime",), "migrations": ("migrations",)}
    without = ("--no-emit-package", "sqlalchemy", "--no-emit-package", "typing-extensions")
    for layer, of in layers.items():
        shared = without if layer == "migrations" else ()  # the other layer has them
        target = f"{LAYERS}/{layer}/requirements.txt"
        compile_pins(*FORM, "--constraint", LOCK, *groups(*of), *shared, "-o", target)


def raise_tools() -> None:
    """Raises each of the Makefile's lines to versions that suit each other."""

    def newest(line: re.Match[str]) -> str:
        names = re.findall(r"([\w.-]+)==", line[1]) or ["checkov"]
        found = dict(PIN.findall(compile_pins("--no-header", "--no-annotate", "-", given="\n".join(names))))
        alone = found["checkov"] if line[0].startswith("CHECKOV") else ""
        return line[0].replace(line[1], alone or " ".join(f"{name}=={found[name]}" for name in names))

    file = ROOT / MAKEFILE
    file.write_text(MADE.sub(newest, file.read_text()))


def raise_npm_tools() -> None:
    folder = ROOT / CLIENTS
    names = json.loads((folder / "package.json").read_text())["dependencies"]
    quiet = ("--silent", "--no-audit", "--no-fund")
    command = ["npm", "install", "--package-lock-only", "--ignore-scripts", "--save-exact", *quiet]
    environment = os.environ | {"PATH": os.pathsep.join((str(ROOT / ".clients/bin"), os.environ["PATH"]))}
    ended = subprocess.run(
        [*command, *(f"{name}@latest" for name in names)],
        cwd=folder, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if ended.returncode != 0:
        sys.exit(f"error: npm install: {ended.stderr.strip() or ended.stdout.strip()}")


def pins() -> dict[tuple[str, str], str]:
    """The version of each pinned package, by the file and its name."""
    text = (ROOT / MAKEFILE).read_text()
    made = " ".join(MADE.findall(text)).split()
    found = {(LOCK, name): version for name, version in PIN.findall((ROOT / LOCK).read_text())}
    for each in made:
        name, _, version = each.rpartition("==")
        found[MAKEFILE, name or "checkov"] = version
    tools = json.loads((ROOT / CLIENTS / "package.json").read_text())["dependencies"]
    return found | {(f"{CLIENTS}/package.json", name): version for name, version in tools.items()}


def report(before: dict[tuple[str, str], str], after: dict[tuple[str, str], str]) -> list[str]:
    lines = []
    for file, name in sorted(before | after):
        old, new = before.get((file, name), "new"), after.get((file, name), "gone")
        if old != new:
            lines.append(f"{name:<30} {old} to {new} in {file}")
    return lines


def main() -> None:
    before = pins()
    lock_packages()
    if not KEEP:
        raise_tools()
        raise_npm_tools()
    print(*report(before, pins()) or ["everything pinned is the newest that is allowed"], sep="\n")


if __name__ == "__main__":
    main()
