"""`python -m tests.performance.scaling`: measures the assumptions that are marked as measured here.

Environments are processes over the sources, behind pgbouncer, which counts how long a transaction has a
server connection: the pool's own view of it. Of several rounds the least counts, since what else the machine
does only adds. A point is measured too, for the model to be held against: a mix of calls at random moments by
several environments at once.
"""

import json
import os
import random
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shared.runtime.product import IDENTIFIER, NAME, NAMESPACE

from pg8000.core import CoreConnection

from accounts.passwords import hash_password
from infra.deployed.migrations.bootstrap import APP_ROLE
from infra.local import postgres
from infra.local.keys import ensure_key
from infra.local.postgres import Cluster, free_port
from infra.tools.scale.values import ASSUMPTIONS, load
from tests.integration.conftest import Authority, make_authority, pgbouncer
from tests.performance import events, require_samples
from tests.performance.progress import step
from tests.performance.setup import ROWS, execute, migrated
from tests.support.client import ROOT, UNLIMITED

PASSWORD = "correct horse battery"
LOGIN = events.event(
    "POST", "/api/v1/auth/login", body={"username": "somebody", "password": PASSWORD}, claims=None
)
REFRESH = events.event("POST", "/api/v1/auth/refresh", body={"refresh_token": "REFRESH"}, claims=None)
POSTS = events.event("GET", "/api/v1/posts/with_counts")
EVENTS = {
    "get_item": ("items.get_item", events.READ),
    "list_items": ("items.list_items", events.LIST),
    "list_posts_with_counts": ("social.list_posts_with_counts", POSTS),
    "create_item": ("items.create_item", events.CREATE),
    "update_item": ("items.update_item", events.UPDATE),
    "login": ("accounts.login", LOGIN),
    "refresh": ("accounts.refresh", REFRESH),
}
FILL = """
    INSERT INTO posts (content, owner_id) SELECT 'post ' || n, 1 FROM generate_series(1, 5000) n;
    INSERT INTO likes (post_id, user_id) SELECT n, 1 FROM generate_series(1, 5000) n;
"""
SOMEBODY = """
    INSERT INTO users (username, username_key, password_hash) VALUES ('somebody', 'somebody', '{}');
"""
# Of each operation by itself, so many calls a second: an environment that has waited finds the caches cold.
ROUNDS, CALLS, PACE = 5, 100, 25
ENVIRONMENTS, SERVER_CONNECTIONS, RATE, SECONDS, POINTS = 6, 4, 120, 8, 5  # of the point


@dataclass(frozen=True)
class Bench:
    cluster: Cluster
    pooler: int  # its port
    environment: Mapping[str, str]

    @contextmanager
    def workers(self, number: int, operations: Iterable[str]) -> Iterator[list["subprocess.Popen[str]"]]:
        routes = [(operation, *EVENTS[operation]) for operation in operations]
        with ExitStack() as stack:
            started = [stack.enter_context(self._worker(routes)) for _ in range(number)]
            for each in started:
                assert _told(each) == "ready"
            yield started
            for each in started:
                each.communicate()

    def _worker(self, routes: list[tuple[str, str, str]]) -> "subprocess.Popen[str]":
        worker = subprocess.Popen(
            [sys.executable, "-m", "tests.performance.worker"],
            cwd=ROOT,
            env=dict(self.environment),
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        _say(worker, routes)
        return worker

    def database_processor(self) -> float:
        """Seconds that the server's processes have spent on a processor."""
        nanoseconds = 0
        for process in Path("/proc").glob("[0-9]*"):
            try:
                parent = int((process / "stat").read_text().rpartition(")")[2].split()[1])
                if parent == self.cluster.server.process.pid:
                    nanoseconds += int((process / "schedstat").read_text().split()[0])
            except OSError:  # it has just ended
                continue
        return nanoseconds / 1e9

    def held(self) -> float:
        """Seconds that transactions have had a server connection."""
        connection = CoreConnection(
            APP_ROLE,
            host="127.0.0.1",
            port=self.pooler,
            database="pgbouncer",
            password=self.cluster.app_password,
            ssl_context=True,
        )
        found = connection.execute_simple("SHOW STATS")
        names = [column["name"] for column in found.columns]
        rows = [dict(zip(names, row, strict=True)) for row in found.rows]
        connection.close()
        return sum(int(row["total_xact_time"]) for row in rows if row["database"] == IDENTIFIER) / 1e6


def _say(worker: "subprocess.Popen[str]", message: Any) -> None:
    assert worker.stdin is not None
    worker.stdin.write(json.dumps(message) + "\n")
    worker.stdin.flush()


def _told(worker: "subprocess.Popen[str]") -> Any:
    assert worker.stderr is not None
    line = worker.stderr.readline()
    try:
        return json.loads(line)
    except ValueError:
        sys.exit(line + worker.stderr.read())


@contextmanager
def bench(folder: Path) -> Iterator[Bench]:
    authority: Authority = make_authority(folder / "authority")
    port = free_port()
    with migrated(folder / "postgres") as cluster:
        execute(cluster.owner_url, ROWS + FILL)
        execute(cluster.owner_url, SOMEBODY.format(hash_password(PASSWORD)))
        ensure_key(folder / "key.pem")
        options = {
            "auth_type": "scram-sha-256",
            "default_pool_size": SERVER_CONNECTIONS,
            "admin_users": APP_ROLE,
        }
        users = {APP_ROLE: cluster.app_password}
        environment = {
            **os.environ,
            **UNLIMITED,
            "DATABASE_URL": f"postgresql://{APP_ROLE}:{cluster.app_password}@localhost:{port}/{postgres.DATABASE}",
            "DATABASE_CA_FILE": str(authority.file),
            "JWT_AUDIENCE": NAME,
            "JWT_ISSUER": events.ISSUER,
            "LEAN_START": "true",
            "LOG_LEVEL": "WARNING",
            "POWERTOOLS_METRICS_NAMESPACE": NAMESPACE,
            "PYTHONPATH": f"{ROOT}:{ROOT / 'functions'}",
            "SIGNING_KEY": f"file:{folder / 'key.pem'}",
        }
        pool_folder = folder / "pgbouncer"
        pool_folder.mkdir()
        with pgbouncer(pool_folder, authority, "localhost", port, cluster, users, options):
            yield Bench(cluster, port, environment)


def service_times(ground: Bench) -> Iterator[tuple[str, float]]:
    """Of each operation: seconds of the function's processor, of the database's, of a connection."""
    with ground.workers(1, EVENTS) as [worker]:
        for operation in EVENTS:
            step(f"service time of {operation}")
            rounds = [_round(ground, worker, operation) for _ in range(ROUNDS)]
            for name in ("function", "database", "hold"):
                yield f"{operation}.{name}", min(each[name] for each in rounds)


def _round(ground: Bench, worker: Any, operation: str) -> dict[str, float]:
    processor, held = ground.database_processor(), ground.held()
    _say(worker, {"operations": [operation], "calls": CALLS, "rate": PACE})
    function = _told(worker)["processor"]
    database = ground.database_processor() - processor
    check_documented = ground.held() - held
    return {"function": function / CALLS, "database": database / CALLS, "hold": check_documented / CALLS}


def point(ground: Bench, mix: Mapping[str, float]) -> Iterator[tuple[str, float]]:
    """What several environments at once came to: calls a second, and how much was busy on the average."""
    operations = [operation for operation, share in mix.items() for _ in range(round(share * 100))]
    with ground.workers(ENVIRONMENTS, EVENTS) as workers:
        rounds = []
        for number in range(POINTS):
            step(f"the point: {ENVIRONMENTS} environments, {RATE} calls a second")
            rounds.append(_point(ground, workers, random.Random(number).sample(operations, len(operations))))
    least = min(rounds, key=lambda each: each["functions"])
    for name, value in least.items():
        yield f"point.{name}", value


def _point(ground: Bench, workers: list[Any], operations: list[str]) -> dict[str, float]:
    processor, held = ground.database_processor(), ground.held()
    calls = RATE * SECONDS // ENVIRONMENTS
    for worker in workers:
        _say(worker, {"operations": operations, "calls": calls, "rate": RATE / ENVIRONMENTS})
    told = [_told(worker) for worker in workers]
    elapsed = max(each["elapsed"] for each in told)
    return {
        "rate": calls * ENVIRONMENTS / elapsed,
        "functions": sum(each["processor"] for each in told) / elapsed,
        "database": (ground.database_processor() - processor) / elapsed,
        "connections": (ground.held() - held) / elapsed,
    }


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, bench(Path(folder)) as ground:
        values = load(ASSUMPTIONS)
        measured = dict(service_times(ground)) | dict(point(ground, values.under("mix")))
    for name, value in measured.items():
        print(f"{name:<24} {value:.6f}")
    ASSUMPTIONS.write_text(rewritten(ASSUMPTIONS.read_text(), measured))


def rewritten(text: str, measured: Mapping[str, float]) -> str:
    """Returns the file's text with these values. Errors: KeyError, for a value without a line."""
    for name, value in measured.items():
        text, found = re.subn(
            rf"^({re.escape(name)} += \{{ value = )[^,]+", rf"\g<1>{value:.3g}", text, flags=re.MULTILINE
        )
        if found != 1:
            raise KeyError(name)
    return text


if __name__ == "__main__":
    require_samples()
    main()
