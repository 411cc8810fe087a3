"""A pipelined connection, directly to Postgres and through a transaction pooler."""

import ssl
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

from shared.database.driver.pipeline import PipelinedConnection, connect
from shared.runtime.product import IDENTIFIER

import pg8000
import pytest
import sqlalchemy as sa

from infra.deployed.migrations.bootstrap import APP_ROLE
from infra.local.postgres import Cluster
from tests.integration.conftest import Authority, pooler

type Connect = Callable[[], PipelinedConnection]


@pytest.fixture
def rows(db: sa.Connection) -> Iterator[sa.Connection]:
    """A table `rows` whose texts are unique when the transaction ends."""
    unique = "text text UNIQUE DEFERRABLE INITIALLY DEFERRED"
    db.execute(sa.text(f"CREATE TABLE rows (id int PRIMARY KEY, {unique}, long text)"))
    db.execute(sa.text(f"GRANT ALL ON rows TO {APP_ROLE}"))
    db.commit()
    yield db
    db.rollback()
    db.execute(sa.text("DROP TABLE rows"))
    db.commit()


@pytest.fixture(scope="package", params=["directly", "through a transaction pooler"])
def address(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    cluster: Cluster,
    authority: Authority,
) -> Iterator[dict[str, Any]]:
    if request.param == "directly":
        yield {"host": "127.0.0.1", "port": cluster.port, "ssl_context": False}
        return
    with pooler(tmp_path_factory.mktemp("pooler"), authority, cluster, size=2) as running:
        url = sa.make_url(running.url)
        yield {
            "host": "localhost",
            "port": url.port,
            "ssl_context": ssl.create_default_context(cafile=authority.file),
        }


@pytest.fixture
def new(address: dict[str, Any], cluster: Cluster, rows: sa.Connection) -> Iterator[Connect]:
    signed_in = {"user": APP_ROLE, "password": cluster.app_password, "database": IDENTIFIER}
    made = []

    def make() -> PipelinedConnection:
        made.append(connect(**signed_in, **address, timeout=10))
        return made[-1]

    yield make
    for connection in made:
        with suppress(pg8000.dbapi.InterfaceError):  # broken or closed by the test
            connection.close()


@pytest.fixture
def connection(new: Connect) -> PipelinedConnection:
    return new()
