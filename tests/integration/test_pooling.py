"""Many clients behind a transaction pooler, RDS Proxy's stand-in, never see each other's rows."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from infra.local.postgres import Cluster
from tests.client import ROOT
from tests.conftest import NewUser
from tests.integration.clients import USERS
from tests.integration.conftest import Authority, Pooler, pooler

PROCESSES, ROUNDS, SERVER_CONNECTIONS = 200, 2, 10


@pytest.fixture
def pool(
    tmp_path_factory: pytest.TempPathFactory, cluster: Cluster, authority: Authority
) -> Iterator[Pooler]:
    folder = tmp_path_factory.mktemp("pgbouncer")
    with pooler(folder, authority, cluster, SERVER_CONNECTIONS) as running:
        yield running


@pytest.mark.parametrize("one_flush", ["true", pytest.param("false", marks=pytest.mark.slow)])
def test_200_clients_share_10_connections_without_an_error_or_a_wrong_row(
    db: sa.Connection, new_user: NewUser, pool: Pooler, authority: Authority, one_flush: str
) -> None:
    for number in range(USERS):
        new_user(f"user{number}")
    environment = os.environ | {"DATABASE_URL": pool.url, "DATABASE_CA_FILE": str(authority.file)}
    environment |= {"LOG_LEVEL": "CRITICAL", "DATABASE_ONE_FLUSH": one_flush}
    clients = subprocess.Popen(
        [sys.executable, "-m", "tests.integration.clients", str(PROCESSES), str(ROUNDS)],
        cwd=ROOT,
        env=environment | {"PYTHONPATH": f"{ROOT}:{ROOT / 'functions'}"},
        stdout=subprocess.PIPE,
        text=True,
    )
    connected = sa.text("SELECT count(*) FROM pg_stat_activity WHERE usename = 'routewise_app'")
    seen = [0]
    while clients.poll() is None:
        seen.append(db.scalar(connected) or 0)
        db.rollback()
        try:
            clients.wait(timeout=0.1)
        except subprocess.TimeoutExpired:
            continue
    assert clients.stdout is not None
    with clients.stdout:
        outcome = json.loads(clients.stdout.read().splitlines()[-1])
    assert outcome.pop("requests") > PROCESSES * ROUNDS * 5
    assert outcome.pop("wrong rows", 0) == 0
    assert outcome == {"finished": PROCESSES}  # no error of any kind
    assert 1 < max(seen) <= SERVER_CONNECTIONS
    kept = PROCESSES * (ROUNDS - ROUNDS // 2) + 1  # and the first process's, before it became many
    assert db.scalar(sa.text("SELECT count(*) FROM items")) == kept
