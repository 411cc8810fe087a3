"""Many clients behind a transaction pooler, RDS Proxy's stand-in, never see each other's rows."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from infra.local.postgres import Cluster
from tests.integration.conftest import Authority, Pooler, pooler
from tests.integration.crowd import crowd

PROCESSES, ROUNDS, SERVER_CONNECTIONS = 200, 2, 10


@pytest.fixture
def pool(
    tmp_path_factory: pytest.TempPathFactory, cluster: Cluster, authority: Authority
) -> Iterator[Pooler]:
    folder = tmp_path_factory.mktemp("pgbouncer")
    with pooler(folder, authority, cluster, SERVER_CONNECTIONS) as running:
        yield running


@pytest.mark.sweep
@pytest.mark.parametrize("pipelines", ["true", "false"])
def test_200_clients_share_10_connections_without_an_error_or_a_wrong_row(
    db: sa.Connection, pool: Pooler, authority: Authority, pipelines: str
) -> None:
    outcome = crowd(db, pool.url, authority.file, PROCESSES, ROUNDS, DATABASE_ONE_FLUSH=pipelines)
    counts = outcome.counts
    assert counts.pop("requests") > PROCESSES * ROUNDS * 5
    assert counts.pop("wrong rows", 0) == 0
    assert counts == {"finished": PROCESSES}  # no error of any kind
    assert 1 < outcome.connections <= SERVER_CONNECTIONS
    kept = PROCESSES * (ROUNDS - ROUNDS // 2) + 1  # and the first process's, before it became many
    assert db.scalar(sa.text("SELECT count(*) FROM gadgets")) == kept
