"""Runs a Postgres cluster in a folder, with the machine's server binaries or those of a wheel.

It listens only on 127.0.0.1, on its last port if that is free, with passwords stored in the folder.
"""

import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from ipaddress import IPv4Interface
from pathlib import Path

from shared.runtime.product import IDENTIFIER

from sqlalchemy import NullPool, create_engine
from sqlalchemy.exc import DBAPIError

from infra.deployed.migrations.bootstrap import APP_ROLE
from infra.emulator.command_error import CommandError
from infra.local.atomic_files import write_private
from infra.local.postgres_binaries import Runner, check_version, find_binaries, run, unprivileged

START_TIMEOUT = 30  # seconds
DATABASE = OWNER = IDENTIFIER
UNKNOWN_USER = "28P01"  # SQLSTATE, of an unknown user too


@dataclass(eq=False)
class Server:
    """The server's process, which can be started again after its end."""

    command: list[str]
    user: str | None
    log: Path
    process: "subprocess.Popen[bytes]" = field(init=False, repr=False)

    def start(self) -> None:
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                self.command, stdout=output, stderr=output, user=self.user, start_new_session=True
            )

    @property
    def has_ended(self) -> bool:
        return self.process.poll() is not None

    @property
    def end(self) -> str:
        """Describes how the server ended."""
        status = self.process.returncode
        return f"signal {-status}" if status and status < 0 else f"exit status {status}"

    @property
    def last_words(self) -> str:
        return " ".join(self.log.read_text(errors="replace").strip().splitlines()[-1:])

    def stop(self) -> None:
        """Stops the server at once: it disconnects clients and writes its data."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGINT)
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGQUIT)
            self.process.wait()


@dataclass(frozen=True)
class Cluster:
    port: int
    owner_password: str
    app_password: str
    server: Server = field(repr=False)
    leftover: int | None = None  # the stopped process of a killed stack's server

    @property
    def owner_url(self) -> str:
        return f"postgresql+pg8000://{OWNER}:{self.owner_password}@127.0.0.1:{self.port}/{DATABASE}"

    @property
    def app_url(self) -> str:
        return f"postgresql+pg8000://{APP_ROLE}:{self.app_password}@127.0.0.1:{self.port}/{DATABASE}"

    def wait_until_ready(self) -> None:
        """Waits for the first answer, and creates the database at the first start. Errors: CommandError."""
        admin = create_engine(
            self.owner_url.removesuffix(DATABASE) + "postgres",
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
            except (DBAPIError, OSError) as error:
                if UNKNOWN_USER in str(error):
                    folder = self.server.log.parent
                    raise CommandError(
                        f"the database in {folder} has no owner {OWNER} with this password: it is from before"
                        " the API was renamed. Move that folder away or delete it, then start again"
                    ) from None
                if self.server.has_ended or time.monotonic() > give_up:
                    words = f"{self.server.last_words} (see {self.server.log})"
                    raise CommandError(f"Postgres did not start: {words}") from None
                time.sleep(0.05)


@contextmanager
def cluster(
    folder: Path, bridge: IPv4Interface | None = None, settings: Mapping[str, str] | None = None
) -> Iterator[Cluster]:
    """Yields a running cluster in `folder`, created at the first start; its data stays.

    `bridge`: another address of this machine to listen on, and the network that may connect. Only one process
    may use `folder`: the caller holds its lock, so a server already running there is a leftover.
    """
    bin_dir = find_binaries()
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    data = folder / "data"
    runner = unprivileged(folder)
    passwords = _password(folder / "owner-password"), _password(folder / "app-password")
    if not (data / "PG_VERSION").exists():
        _make(bin_dir, folder, data, runner)
    check_version(bin_dir, data)
    leftover = _stop_leftover(data)
    port = _port(folder / "port")
    chosen = _access(folder / "pg_hba.conf", runner, bridge) | dict(settings or {})
    options = [part for name, value in chosen.items() for part in ("-c", f"{name}={value}")]
    command = [*runner.prefix, str(bin_dir / "postgres"), "-D", str(data), "-p", str(port)]
    server = Server([*command, *options], runner.user, folder / "postgres.log")
    server.start()
    try:
        found = Cluster(port, *passwords, server, leftover)
        found.wait_until_ready()
        yield found
    finally:
        server.stop()


def _access(file: Path, runner: Runner, bridge: IPv4Interface | None) -> dict[str, str]:
    """Writes who may connect, and returns the settings for that and for a log without rows."""
    addresses = ["127.0.0.1", *([str(bridge.ip)] if bridge else [])]
    networks = ["127.0.0.1/32", *([str(bridge.network)] if bridge else [])]
    file.write_text("".join(f"host all all {network} scram-sha-256\n" for network in networks))
    if runner.user:
        shutil.chown(file, runner.user)
    return {
        "listen_addresses": ",".join(addresses),
        "hba_file": str(file),
        "unix_socket_directories": "",
        "log_error_verbosity": "terse",  # no DETAIL, which quotes rows
        "log_parameter_max_length": "0",
    }


def _password(file: Path) -> str:
    if not file.exists():
        write_private(file, secrets.token_hex(16).encode())
    return file.read_text()


def _make(bin_dir: Path, folder: Path, data: Path, runner: Runner) -> None:
    partial = folder / "data.new"  # an interrupted initdb leaves no incomplete cluster
    shutil.rmtree(partial, ignore_errors=True)
    given = folder / "initdb-password"
    write_private(given, (folder / "owner-password").read_bytes())
    if runner.user:
        shutil.chown(given, runner.user)
    settings = [f"--username={OWNER}", f"--pwfile={given}", "--auth=scram-sha-256", "--encoding=UTF8"]
    command = [*runner.prefix, str(bin_dir / "initdb"), "-D", str(partial), "--locale=C", *settings]
    ended = run(*command, user=runner.user)
    given.unlink()
    if ended.returncode != 0:
        raise CommandError(
            f"Postgres could not create its data folder: {ended.stderr.strip().splitlines()[-1]}"
        )
    partial.rename(data)


def _stop_leftover(data: Path) -> int | None:
    """Stops a server that outlived its stack, so that two never write the same files. Returns its process."""
    pid_file = data / "postmaster.pid"
    if not pid_file.exists():
        return None
    pid = int(pid_file.read_text().split()[0])
    found = str(data) in _command_line(pid)
    if found:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGINT)
            give_up = time.monotonic() + START_TIMEOUT
            while time.monotonic() < give_up:
                os.kill(pid, 0)
                time.sleep(0.05)
            raise CommandError(f"a killed stack left a Postgres that does not stop: end process {pid}")
    pid_file.unlink(missing_ok=True)
    return pid if found else None


def _command_line(pid: int) -> str:
    if Path("/proc/self").exists():
        with suppress(OSError):
            return Path(f"/proc/{pid}/cmdline").read_text()
        return ""
    return run("ps", "-o", "command=", "-p", str(pid)).stdout  # macOS


def _port(file: Path) -> int:
    """Returns the last start's port if it is free, else a new one, and stores it for the next start."""
    with suppress(OSError, ValueError, OverflowError), socket.socket() as probe:
        port = int(file.read_text())
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as Postgres does
        probe.bind(("127.0.0.1", port))
        return port
    port = free_port()
    write_private(file, str(port).encode())
    return port


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
