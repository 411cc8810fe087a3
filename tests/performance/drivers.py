"""`python -m tests.performance.drivers FOLDER`: our pipelined pg8000 beside psycopg 3 and its pipeline mode.

Prints what docs/decisions.md states: round trips through pgbouncer, processor time, the instructions of a
cold start, and sizes. FOLDER holds psycopg: `uv pip install --target FOLDER "psycopg[binary]==3.3.9"`.
"""

import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from infra.deployed.migrations.bootstrap import APP_ROLE
from infra.local.postgres import free_port
from tests.integration.conftest import make_authority, pgbouncer
from tests.integration.wire import Recorder
from tests.performance.setup import migrated

PSYCOPG = "postgresql+psycopg"
UNPREPARED = {"prepare_threshold": None}  # RDS Proxy pins a connection with prepared statements
OURS = ("pg8000", "scramp", "asn1crypto", "dateutil")
ROUTES = ("read", "insert", "read, change", "insert, insert, change")
SELECT = "SELECT id, name FROM items WHERE id = {}"
INSERT = "INSERT INTO items (name, description) VALUES ({}, '') RETURNING id"
UPDATE = "UPDATE items SET name = {} WHERE id = {}"


def statements(route: str, number: int) -> Iterator[tuple[str, tuple[Any, ...]]]:
    for each in route.split(", "):
        if each == "read":
            yield SELECT + (" FOR UPDATE" if route != "read" else ""), (number,)
        elif each == "insert":
            yield INSERT, ("name",)
        else:
            yield UPDATE, ("other", number)


def through_sqlalchemy(url: sa.URL, **options: Any) -> Callable[[str], None]:
    """Runs a route's statements as an API does: a plain read outside a transaction where the driver can."""
    engine = sa.create_engine(url, pool_size=1, max_overflow=0, **options)
    pipelines = url.drivername == "postgresql+pipelined"
    level = "AUTOCOMMIT" if pipelines or "psycopg" in url.drivername else None

    def run(route: str) -> None:
        alone = {"isolation_level": level} if route == "read" and level else {}
        with engine.connect().execution_options(**alone) as db:
            *_, (last, _) = statements(route, 1)
            for text, values in statements(route, 1):
                named = {f"v{number}": value for number, value in enumerate(values)}
                last_change = text == last and text == UPDATE
                with_commit = {"pipeline_commit": True} if pipelines and last_change else {}
                statement = sa.text(text.format(*(f":{name}" for name in named)))
                result = db.execute(statement, named, execution_options=with_commit)
                if result.returns_rows:
                    result.all()
            if not alone:
                db.commit()

    return run


def through_psycopg(url: sa.URL, *, begin_by_hand: bool) -> Callable[[str], None]:
    """Runs a route's statements in pipeline mode, with psycopg's `commit()` or COMMIT as a statement."""
    import psycopg  # from FOLDER

    plain = url.set(drivername="postgresql").render_as_string(hide_password=False)
    connection: Any = psycopg.connect(plain, **UNPREPARED)

    def run(route: str) -> None:
        connection.autocommit = begin_by_hand or route == "read"
        by_hand = begin_by_hand and route != "read"
        with connection.pipeline(), connection.cursor() as cursor:
            if by_hand:
                connection.execute("BEGIN")
            for text, values in statements(route, 1):
                cursor.execute(text.replace("{}", "%s"), values)
                if not text.startswith("UPDATE"):
                    cursor.fetchall()
            if by_hand:
                connection.execute("COMMIT")
            elif route != "read":
                connection.commit()

    return run


@contextmanager
def pooled(folder: Path) -> Iterator[tuple[sa.URL, Recorder]]:
    """Yields the address of pgbouncer, which pools by transaction, and the counter before it."""
    with migrated(folder / "postgres") as cluster:
        port = free_port()
        users = {APP_ROLE: cluster.app_password}
        # Functions sign in by token: the cost of a password's hash in Python would not be theirs.
        options = {"auth_type": "trust", "default_pool_size": 2, "client_tls_sslmode": "disable"}
        (folder / "pgbouncer").mkdir()
        authority = make_authority(folder / "authority")
        with pgbouncer(folder / "pgbouncer", authority, "localhost", port, cluster, users, options):
            recorder = Recorder(port)
            yield sa.make_url(cluster.app_url).set(port=recorder.port), recorder
            recorder.close()


def round_trips(url: sa.URL, recorder: Recorder) -> None:
    sides = {
        "pg8000 as it comes": lambda: through_sqlalchemy(url),
        "ours": lambda: through_sqlalchemy(url.set(drivername="postgresql+pipelined")),
        "psycopg": lambda: through_sqlalchemy(url.set(drivername=PSYCOPG), connect_args=UNPREPARED),
        "its pipeline mode, without SQLAlchemy": lambda: through_psycopg(url, begin_by_hand=False),
        "the same, BEGIN and COMMIT by hand": lambda: through_psycopg(url, begin_by_hand=True),
    }
    print("round trips", *ROUTES, "µs of a read", sep=" | ")
    for name, made in sides.items():
        run, counts = made(), []
        for route in ROUTES:
            for _ in range(3):  # the first one connects
                before = recorder.round_trips
                run(route)
            counts.append(recorder.round_trips - before)
        print(name, *counts, f"{processor_time(lambda run=run: run('read')):.0f}", sep=" | ")


def processor_time(call: Callable[[], None], calls: int = 2000) -> float:
    """Returns the microseconds of this process for a call, without the counter's thread."""
    began = time.thread_time()
    for _ in range(calls):
        call()
    return (time.thread_time() - began) / calls * 1e6


def pipeline_under_sqlalchemy(url: sa.URL) -> None:
    """Shows what SQLAlchemy makes of a connection in pipeline mode."""
    engine = sa.create_engine(url.set(drivername=PSYCOPG))
    with engine.connect() as db, db.connection.driver_connection.pipeline():
        try:
            print("pipeline mode under SQLAlchemy:", db.execute(sa.text("SELECT 1")).all())
        except Exception as error:
            print(f"pipeline mode under SQLAlchemy: {type(error).__name__}: {error}"[:160])


def instructions(code: str, folder: Path, packages: str) -> float:
    """Returns the millions of instructions of a fresh process, by callgrind."""
    file = folder / "callgrind"
    under = ("valgrind", "--tool=callgrind", f"--callgrind-out-file={file}", "--quiet")
    environment = {
        "PYTHONPATH": f".:shared/database/driver:{packages}",
        "PYTHONHASHSEED": "0",
        "LEAN_START": "true",
    }
    for prefix in ((), under):  # the first run writes the bytecode
        subprocess.run([*prefix, sys.executable, "-c", code], env=environment, check=True)
    found = re.search(r"^(?:summary|totals): (\d+)", file.read_text(), re.MULTILINE)
    assert found is not None
    return float(found[1]) / 1e6


def cold_starts(url: sa.URL, folder: Path, packages: str) -> None:
    """Prints the instructions from nothing to the first row, and those of SQLAlchemy's import alone."""
    first = "import shared, sqlalchemy as sa\n"
    row = "e = sa.create_engine({!r}{})\nwith e.connect() as db: db.execute(sa.text('SELECT 1')).all()"
    addresses = {
        name: url.set(drivername=f"postgresql+{name}").render_as_string(hide_password=False)
        for name in ("pipelined", "psycopg")
    }
    sides = {
        "SQLAlchemy alone": first,
        "ours": f"{first}import pipeline\n{row.format(addresses['pipelined'], '')}",
        "psycopg": first + row.format(addresses["psycopg"], f", connect_args={UNPREPARED}"),
    }
    for name, code in sides.items():
        print(f"instructions, millions: {name}: {instructions(code, folder, packages):,.0f}", flush=True)


def megabytes(*folders: Path) -> float:
    files = (file for folder in folders for file in folder.rglob("*") if file.suffix != ".pyc")
    return sum(file.stat().st_size for file in files if file.is_file()) / 1e6


def main(packages: str) -> None:
    sys.path.append(packages)
    with tempfile.TemporaryDirectory() as made, pooled(Path(made)) as (url, recorder):
        round_trips(url, recorder)
        pipeline_under_sqlalchemy(url)
        cold_starts(url, Path(made), packages)
    ours = [path for name in OURS for path in Path(sa.__file__).parents[1].glob(name)]
    for name, folders in (("pg8000", ours), ("psycopg", Path(packages).glob("psycopg*"))):
        print(f"{name}: {megabytes(*folders):.1f} MB unpacked")


if __name__ == "__main__":
    main(sys.argv[1])
