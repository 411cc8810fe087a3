"""What the tools do for people, apart from what they do for functions."""

from pathlib import Path

import pytest
import sqlalchemy as sa

from infra.emulator.logs import Console
from infra.local.config import Config
from infra.local.postgres import Cluster
from infra.local.shell import engine_for_people
from infra.local.stack_database import open_database
from tests.local.processes import failure


def test_the_shell_keeps_a_transaction_open_while_its_user_thinks(cluster: Cluster) -> None:
    with sa.create_engine(cluster.app_url, poolclass=sa.NullPool).connect() as db:
        assert db.scalar(sa.text("SHOW idle_in_transaction_session_timeout")) == "15s"
    with engine_for_people(cluster.app_url).connect() as db:
        assert db.scalar(sa.text("SHOW idle_in_transaction_session_timeout")) == "0"
        db.rollback()
        assert db.scalar(sa.text("SHOW idle_in_transaction_session_timeout")) == "0"


@pytest.mark.parametrize(("workers", "least"), [(8, 100), (250, 280)])
def test_postgres_takes_a_connection_of_each_worker(tmp_path: Path, workers: int, least: int) -> None:
    config = Config("127.0.0.1", 0, tmp_path, None, None)
    with (
        open_database(config, workers=workers) as database,
        sa.create_engine(database.app_url, poolclass=sa.NullPool).connect() as db,
    ):
        assert int(db.scalar(sa.text("SHOW max_connections"))) == least


def test_metrics_are_not_printed(capsys: pytest.CaptureFixture[str]) -> None:
    console = Console("DEBUG")
    console.show("GetGadgetFunction", '{"_aws":{"CloudWatchMetrics":[]},"service":"x","ServerErrors":[1.0]}')
    console.show("GetGadgetFunction", '{"other": "_aws"}')
    assert capsys.readouterr().out == 'GetGadget  {"other": "_aws"}\n'


@pytest.mark.parametrize("host", ["192.0.2.7", "no.such.host.invalid"])
def test_a_host_that_is_not_this_machine_names_host(tmp_path: Path, host: str) -> None:
    line = failure(tmp_path, HOST=host)
    assert line.startswith("error: ") and line.endswith("set HOST") and host in line
