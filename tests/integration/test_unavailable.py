"""A database that serves nobody for now is 503 in every route, and costs no later call anything."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from infra.local.postgres import Cluster
from tests.conftest import NewUser
from tests.integration.conftest import database_settings
from tests.integration.wire import Recorder
from tests.support.client import Client
from tests.support.sample_calls import TABLE, World, samples

RETRY_LATER = (503, "service_unavailable", "1")
OPERATIONS = sorted(name for name in samples() if name in TABLE and TABLE[name]["path"].startswith("/api/v1"))


@pytest.fixture
def world(db: sa.Connection, new_user: NewUser, signing_key: object) -> World:
    return World(db, new_user)


@pytest.fixture
def closes_fresh(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> Iterator[Recorder]:
    """What stands before the server closes each connection as soon as it has signed in."""
    between = Recorder(cluster.port)
    url = sa.make_url(cluster.app_url).set(port=between.port).render_as_string(hide_password=False)
    with database_settings(monkeypatch, DATABASE_URL=url):
        yield between
    between.close()


def test_a_pooler_that_closes_fresh_connections_is_503_in_every_route(
    world: World, closes_fresh: Recorder
) -> None:
    calls = [(each, world.path(samples()[each].path), world.body(each)) for each in OPERATIONS]
    closes_fresh.closes_fresh = True
    world.admin.get("/api/v1/users/me")  # ends the connection that the samples have used
    for operation, path, body in calls:
        if operation == "readiness":
            continue
        answer = world.admin.call(TABLE[operation]["method"], path, json=body)
        assert (answer.status, answer.error, answer.headers.get("retry-after")) == RETRY_LATER, operation
    closes_fresh.closes_fresh = False
    assert world.admin.get("/api/v1/items").status == 200


def test_readiness_reports_a_pooler_that_closes_fresh_connections(
    db: sa.Connection, closes_fresh: Recorder
) -> None:
    closes_fresh.closes_fresh = True
    answer = Client().get("/api/v1/health")
    assert (answer.status, answer.json()["status"]) == (503, "down")
    assert answer.json()["checks"]["database"] == {"status": "down", "latency_ms": None}
