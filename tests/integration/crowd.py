"""Many clients at once behind a transaction pooler, and what becomes of them."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from shared.models.users import User

import sqlalchemy as sa

from infra.deployed.migrations.bootstrap import APP_ROLE
from tests.integration.clients import USERS
from tests.support.client import ROOT


@dataclass(frozen=True)
class Outcome:
    """`counts`: finished clients, requests, and each kind of fault. `connections`: the most at one time."""

    counts: dict[str, int]
    connections: int


def crowd(
    owner: sa.Connection, url: str, ca_file: Path, processes: int, rounds: int, **environment: str
) -> Outcome:
    """Over the database of `owner`, which has no user and no item yet; `url` leads there by the pooler."""
    names = [{"username": f"user{number}", "username_key": f"user{number}"} for number in range(USERS)]
    owner.execute(sa.insert(User), names)
    began = owner.scalar(sa.func.now())
    owner.commit()
    clients = subprocess.Popen(
        [sys.executable, "-m", "tests.integration.clients", str(processes), str(rounds)],
        cwd=ROOT,
        env=os.environ
        | {"DATABASE_URL": url, "DATABASE_CA_FILE": str(ca_file), "LOG_LEVEL": "CRITICAL"}
        | {"PYTHONPATH": f"{ROOT}:{ROOT / 'functions'}"}
        | environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    connected = sa.text(
        f"SELECT count(*) FROM pg_stat_activity WHERE usename = '{APP_ROLE}' AND backend_start > :began"
    )
    most = 0
    while clients.poll() is None:
        most = max(most, owner.scalar(connected, {"began": began}) or 0)
        owner.rollback()
        try:
            clients.wait(timeout=0.1)
        except subprocess.TimeoutExpired:
            continue
    assert clients.stdout is not None
    with clients.stdout:
        return Outcome(json.loads(clients.stdout.read().splitlines()[-1]), most)
