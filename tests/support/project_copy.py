"""A copy of the project, to change and to run its commands in."""

import os
import shutil
import subprocess
from pathlib import Path

from tests.support.client import ROOT

MADE = (".venv", ".ministack", ".clients", ".uv")  # links to the project's own


class ProjectCopy:
    """The files that git knows, as they are here, in a repository of its own; or a clone of one of those."""

    def __init__(self, folder: Path, origin: Path | None = None) -> None:
        self.folder = folder
        self.made = MADE if origin is None else MADE[1:]  # a clone's .venv follows its own lock
        if origin:
            _run(f"git clone --quiet '{origin}' '{folder}'", ROOT)
        else:
            self._copy(folder)
        for name in filter(lambda name: (ROOT / name).exists(), self.made):
            (folder / name).symlink_to(ROOT / name)
            with (folder / ".git/info/exclude").open("a") as exclude:
                exclude.write(f"{name}\n")  # .gitignore means folders
        if not origin:
            self.commit("copy")

    def _copy(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        _run("git init --quiet --initial-branch=main", folder)
        for name in _run("git ls-files --cached --others --exclude-standard", ROOT).stdout.splitlines():
            if (ROOT / name).exists() and name not in MADE:  # links in a copy, which git does not ignore
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, folder / name, follow_symlinks=False)

    def commit(self, message: str) -> None:
        self.run(f"git add --all && git -c user.name=t -c user.email=t@t commit -qm '{message}'")

    def try_to(self, command: str) -> subprocess.CompletedProcess[str]:
        kept = " ".join(f"-o {name}/installed" for name in self.made)
        return _run(command.replace("make ", f"make {kept} "), self.folder)

    def run(self, command: str) -> str:
        ended = self.try_to(command)
        assert ended.returncode == 0, f"{command}\n{ended.stdout[-6000:]}{ended.stderr[-3000:]}"
        return ended.stdout

    def changes(self) -> str:
        return self.run("git status --short --untracked-files=all")


def _run(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Without what the outer pytest and make hand on: ARGS of `make test-fork` are not the copy's."""
    outer = ("PYTEST_", "MAKE", "MFLAGS", "ARGS")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(outer)}
    return subprocess.run(
        command, shell=True, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
