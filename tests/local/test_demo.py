"""`make demo`: the same data every time, only on this machine, with lines that work."""

import fcntl
import hashlib
import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from shared.models import map_all

import pytest
import sqlalchemy as sa

from infra.domains import provided
from infra.emulator.command_error import CommandError
from infra.local.demo import filling
from infra.local.demo.data import Scale
from infra.local.keys import ensure_key
from infra.local.postgres import Cluster
from tests.local.conftest import Stack, running_stack
from tests.support.client import ROOT

ELSEWHERE = "make demo fills only a database on this machine, not one on"
DEMO = [sys.executable, "-m", "infra.local.demo"]


def run_demo(data_dir: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    settings = os.environ | {"DATA_DIR": str(data_dir), "DATABASE_URL": ""} | environment
    return subprocess.run(DEMO, cwd=ROOT, env=settings, capture_output=True, text=True, check=False)


class TestFill:
    def filled(self, cluster: Cluster, db: sa.Connection) -> tuple[dict[str, str], int]:
        """Each table's rows but for the salted hash, digested; the number of rows that was reported."""
        tables = ", ".join(table.name for table in map_all().sorted_tables)
        db.execute(sa.text(f"TRUNCATE {tables} RESTART IDENTITY CASCADE"))
        db.commit()
        told: list[int] = []
        with sa.create_engine(cluster.app_url, poolclass=sa.NullPool).begin() as app:
            filling.fill(app, Scale(1), told.append)
        digests = {}
        for table in map_all().sorted_tables:
            columns = [column for column in table.columns if column.name != "password_hash"]
            rows = db.execute(sa.select(*columns).order_by(*columns)).all()
            kept = [tuple(row) for row in rows]
            digests[table.name] = f"{len(kept)} {hashlib.sha256(repr(kept).encode()).hexdigest()}"
        db.rollback()
        return digests, sum(told)

    def test_is_the_same_every_time_and_as_much_as_announced(
        self, cluster: Cluster, db: sa.Connection
    ) -> None:
        (first, told), (again, _) = (self.filled(cluster, db) for _ in range(2))
        assert _but_now(first) == _but_now(again)
        counts = {name: int(digest.partition(" ")[0]) for name, digest in first.items()}
        scale = Scale(1)
        assert counts["users"] == scale.users
        assert sum(counts.values()) >= scale.rows == told  # a name that is there is not inserted again


def _but_now(digests: dict[str, str]) -> dict[str, str]:
    """Follows have the moment they came in."""
    return {name: digest for name, digest in digests.items() if name != "follows"}


def test_a_database_elsewhere_is_refused_before_anybody_connects(tmp_path: Path) -> None:
    url = "postgresql+pg8000://acme_app@db.example.com:5432/acme"
    urls = {"database_url": url, "owner_url": url, "own_database": False}
    state = urls | {"issuer": "http://127.0.0.1:3000", "audience": "acme"}
    (tmp_path / "stack.json").write_text(json.dumps(state))
    ensure_key(tmp_path / "issuer-key.pem")
    with (tmp_path / "lock").open("w") as lock:  # as a running stack holds it
        fcntl.flock(lock, fcntl.LOCK_EX)
        refused = run_demo(tmp_path)
    assert refused.returncode == 1
    assert refused.stderr == f"error: {ELSEWHERE} db.example.com\n"


@pytest.mark.parametrize("host", ["10.0.0.5", "acme.proxy-abc.eu-central-1.rds.amazonaws.com"])
def test_another_host_is_elsewhere(host: str) -> None:
    with pytest.raises(CommandError, match=f"{ELSEWHERE} {host}"):
        filling.require_this_machine(sa.create_engine(f"postgresql+pg8000://{host}/acme"))


def test_a_tunnel_to_rds_is_refused(cluster: Cluster, db: sa.Connection) -> None:
    db.execute(sa.text("CREATE ROLE rds_superuser"))  # as RDS has
    try:
        with pytest.raises(CommandError, match="leads to RDS"):
            filling.require_no_cloud(db)
    finally:
        db.rollback()
    filling.require_no_cloud(db)


def test_another_scale_is_refused(stack: Stack) -> None:
    refused = run_demo(stack.data_dir, SCALE="ten")
    assert refused.returncode == 1
    assert refused.stderr.startswith("error: SCALE is 'ten'; it should be a number from 1 to 1000")


@pytest.mark.parametrize("scale", ["0", "1001", "-1", "1.5", "²"])
def test_a_scale_is_a_number_in_its_bounds(scale: str) -> None:
    with pytest.raises(CommandError, match="it should be a number from 1 to 1000"):
        Scale.of(scale)


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack whose data no other test sees."""
    with running_stack(tmp_path_factory.mktemp("demo")) as running:
        yield running


@pytest.mark.sweep
class TestOnARunningStack:
    def test_every_line_that_it_shows_works_and_a_second_time_adds_nothing(self, own: Stack) -> None:
        first = run_demo(own.data_dir)
        assert first.returncode == 0, first.stderr
        lines = re.findall(r"^  (curl .*)$", first.stdout.replace("\\\n", ""), re.MULTILINE)
        assert len(lines) == sum(calls.count("  curl ") for calls in provided("LOOK_AT"))
        environment = os.environ | {"DATA_DIR": str(own.data_dir), "DATABASE_URL": ""}
        for line in lines:
            line = line.replace("make -s token USER=", f"{shlex.quote(sys.executable)} -m infra.local.token ")
            shown = subprocess.run(
                ["bash", "-c", line], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
            )
            answer = json.loads(shown.stdout)
            assert "access_token" in answer or (isinstance(answer, list) and answer), (line, answer)
        before = own.call("GET", "/api/v1/users/1/followers").json()
        second = run_demo(own.data_dir)
        assert second.stdout.startswith("The demo data exists already")
        assert own.call("GET", "/api/v1/users/1/followers").json() == before
