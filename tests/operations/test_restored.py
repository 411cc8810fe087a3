"""A database begins with another one's files, as from a snapshot: the migration goes on, the API answers."""

import multiprocessing
import os
import shutil
import subprocess
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from shared.runtime.settings import settings

import pytest
import sqlalchemy as sa

from infra.deployed.migrations import newest
from infra.deployed.migrations.bootstrap import APP_ROLE, MIGRATION_ROLE
from infra.deployed.migrations.comparison import compare
from infra.local import postgres
from infra.local.postgres import Cluster
from infra.local.postgres_binaries import find_binaries
from migrate import handler
from tests.integration.conftest import missing
from tests.operations.conftest import CloudFormation
from tests.operations.databases import BUILD, committing, make_master, rows
from tests.support.client import Client

EARLIER = "0006"
LATER = {"name": "later"}

pytestmark = pytest.mark.timeout(120, method="thread")  # the function has the alarm to itself


def call(url: str, requests: list[tuple[str, str, object]], report: Connection) -> None:
    os.environ |= {"DATABASE_URL": url, "DATABASE_LOGIN": "plain", "LOG_LEVEL": "CRITICAL"}
    answers = [Client().as_user(1).call(method, path, json=body) for method, path, body in requests]
    report.send([(answer.status, answer.json()) for answer in answers])


def called(cluster: Cluster, *requests: tuple[str, str, object]) -> list[tuple[int, dict[str, Any]]]:
    """What the API answers from this database, in a process that knows no other."""
    with committing(cluster.owner_url) as owner:  # nobody signs in by IAM here
        owner.execute(sa.text(f"ALTER ROLE {APP_ROLE} PASSWORD '{cluster.app_password}'"))
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=call, args=(of_cloud(cluster.app_url), list(requests), theirs))
    process.start()
    assert ours.poll(60)
    process.join()
    return ours.recv()


def of_cloud(url: str) -> str:
    return url.rpartition("/")[0] + "/cloud"


def take_snapshot(cluster: Cluster, folder: Path, to: Path) -> None:
    """Its data folder as it is while it runs, and the passwords that go with it."""
    program = shutil.which("pg_basebackup", path=f"{find_binaries()}:{os.environ['PATH']}")
    if program is None:
        missing("postgresql")
    source = cluster.owner_url.replace("+pg8000", "")
    command = [
        program,
        "--wal-method=fetch",
        "--checkpoint=fast",
        "--no-sync",
        "-D",
        to / "data",
        "--dbname",
        source,
    ]
    subprocess.run(command, check=True, capture_output=True)
    for name in ("owner-password", "app-password"):
        shutil.copy(folder / name, to / name)


@pytest.mark.slow
def test_a_restored_database_is_migrated_and_answers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cloudformation: CloudFormation
) -> None:
    def migrated(cluster: Cluster, revision: str) -> str:
        url = f"postgresql+pg8000://master:m@127.0.0.1:{cluster.port}/cloud"
        monkeypatch.setenv("DATABASE_URL", url)
        settings.cache_clear()
        answer = cloudformation.call(handler, "Create", **BUILD, Revision=revision)
        assert answer["Status"] == "SUCCESS", answer["Reason"]
        return url

    hba = "host all all 127.0.0.1/32 scram-sha-256\nhost replication all 127.0.0.1/32 scram-sha-256\n"
    (tmp_path / "hba").write_text(hba)
    with postgres.cluster(
        tmp_path / "old", settings={"fsync": "off", "hba_file": str(tmp_path / "hba")}
    ) as old:
        make_master(old.owner_url)
        with committing(old.owner_url) as owner:
            owner.execute(sa.text("CREATE DATABASE cloud OWNER master"))
        migrated(old, EARLIER)
        with committing(of_cloud(old.owner_url)) as owner:
            row = "INSERT INTO users (username, username_key, name) VALUES ('a', 'a', 'kept')"
            owner.execute(sa.text(row))
        take_snapshot(old, tmp_path / "old", tmp_path / "new")
        with committing(of_cloud(old.owner_url)) as owner:
            owner.execute(sa.text("DELETE FROM users"))
    with postgres.cluster(tmp_path / "new", settings={"fsync": "off"}) as new:
        url = migrated(new, newest())
        found = compare(url)
        assert (found.current, found.pending, found.differences) == (newest(), [], [])
        owners = rows(url, "SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'")
        assert owners == [(MIGRATION_ROLE,)]
        path = "/api/v1/users/me"
        answers = called(new, ("GET", path, None), ("PUT", path, LATER))
        assert [(status, profile["name"]) for status, profile in answers] == [(200, "kept"), (200, "later")]
    settings.cache_clear()
