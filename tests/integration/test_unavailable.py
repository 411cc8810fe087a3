"""A database that serves nobody for now is 503 in every route, and costs no later call anything."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from infra.deployed.migrations.bootstrap import APP_ROLE
from infra.local.postgres import Cluster
from tests.conftest import NewUser
from tests.integration.conftest import database_settings
from tests.integration.wire import Recorder
from tests.support.client import Client
from tests.support.sample_calls import TABLE, World, deployed, samples

RETRY_LATER = (503, "service_unavailable", "1")
OPERATIONS = sorted(name for name in deployed() if TABLE[name]["path"].startswith("/api/v1"))


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


@pytest.mark.sweep
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
    assert world.admin.get("/api/v1/gadgets").status == 200


def test_readiness_reports_a_pooler_that_closes_fresh_connections(
    db: sa.Connection, closes_fresh: Recorder
) -> None:
    closes_fresh.closes_fresh = True
    answer = Client().get("/api/v1/health")
    assert (answer.status, answer.json()["status"]) == (503, "down")
    assert answer.json()["checks"]["database"] == {"status": "down", "latency_ms": None}


BACKENDS = f"SELECT pid FROM pg_stat_activity WHERE usename = '{APP_ROLE}'"


def backends(db: sa.Connection) -> set[int]:
    found = set(db.scalars(sa.text(BACKENDS)))
    db.rollback()
    return found


def test_a_server_that_refuses_writes_is_503_and_its_connection_is_not_kept(
    db: sa.Connection, cluster: Cluster, new_user: NewUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The kept connection leads to a former writer after a failover, a fresh one to the new writer."""
    api = new_user("demo")
    role = f"ALTER ROLE {APP_ROLE} {{}} default_transaction_read_only"
    db.execute(sa.text(role.format("SET") + " = on"))
    db.commit()
    with database_settings(monkeypatch, DATABASE_URL=cluster.app_url):
        try:
            assert api.get("/api/v1/gadgets").status == 200
        finally:
            db.execute(sa.text(role.format("RESET")))
            db.commit()
        answer = api.post("/api/v1/gadgets", json={"name": "pen"}, headers={"Idempotency-Key": "once"})
        assert (answer.status, answer.error, answer.headers.get("retry-after")) == RETRY_LATER
        again = api.post("/api/v1/gadgets", json={"name": "pen"}, headers={"Idempotency-Key": "once"})
        assert again.status == 201


@pytest.fixture
def raises(db: sa.Connection) -> Iterator[None]:
    """A new item's name is the SQLSTATE of the error that the server raises."""
    db.execute(
        sa.text(
            "CREATE FUNCTION raises() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN RAISE EXCEPTION USING ERRCODE = NEW.name; END $$"
        )
    )
    db.execute(
        sa.text("CREATE TRIGGER raises BEFORE INSERT ON gadgets FOR EACH ROW EXECUTE FUNCTION raises()")
    )
    db.commit()
    yield
    db.execute(sa.text("DROP FUNCTION raises CASCADE"))
    db.commit()


# PostgreSQL manual, "PostgreSQL Error Codes": the state, the answer, and whether the connection is kept.
STATES = [
    *((state, 503, False) for state in ("08000", "08006", "08P01", "25006", "25P03", "25P04", "53000")),
    *((state, 503, False) for state in ("53100", "53200", "57P01", "57P05", "58000", "58030")),
    ("55P03", 503, True),  # a lock's
    ("57014", 503, True),  # the statement's own timeout
    *((state, 500, True) for state in ("25001", "25P02", "55000", "55006", "XX000", "P0001")),
]


@pytest.mark.usefixtures("raises")
@pytest.mark.parametrize(("state", "status", "is_kept"), STATES, ids=[each[0] for each in STATES])
def test_an_error_of_the_server_itself_is_503_and_its_connection_is_not_kept(
    api: Client, db: sa.Connection, state: str, status: int, is_kept: bool
) -> None:
    api.get("/api/v1/gadgets")
    before = backends(db)
    answer = api.post("/api/v1/gadgets", json={"name": state})
    assert answer.status == status
    assert answer.headers.get("retry-after") == ("1" if status == 503 else None)
    assert api.get("/api/v1/gadgets").status == 200
    assert bool(before & backends(db)) == is_kept
