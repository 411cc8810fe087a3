"""The database goes away, refuses or fails: nothing is lost and nothing false is said."""

import json
import threading
import time
import traceback
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from infra.deployed.migrations import owner_engine
from infra.deployed.migrations.bootstrap import APP_ROLE
from infra.local.postgres import Cluster
from tests.support.client import Client

APP = f"usename = '{APP_ROLE}'"


def kill_app_connections(db: sa.Connection) -> int:
    killed = db.execute(
        sa.text(f"SELECT count(*) FILTER (WHERE pg_terminate_backend(pid)) FROM pg_stat_activity WHERE {APP}")
    ).scalar_one()
    db.commit()
    return int(killed)


def names(api: Client) -> list[str]:
    return [item["name"] for item in api.get("/api/v1/gadgets").json()]


@pytest.fixture
def at_commit(db: sa.Connection) -> Iterator[None]:
    """Items named `refuse`, `quote`, `cast` fail their commit, one named `die` ends its connection."""
    db.execute(
        sa.text(
            """
            CREATE FUNCTION at_commit() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
            BEGIN
                IF NEW.name = 'refuse' THEN RAISE EXCEPTION 'refused at commit'; END IF;
                IF NEW.name = 'quote' THEN
                    RAISE EXCEPTION 'quoted' USING DETAIL = NEW.description, HINT = NEW.description;
                END IF;
                IF NEW.name = 'cast' THEN PERFORM NEW.description::integer; END IF;
                IF NEW.name = 'die' THEN PERFORM pg_terminate_backend(pg_backend_pid()); END IF;
                RETURN NULL;
            END $$
            """
        )
    )
    db.execute(
        sa.text(
            "CREATE CONSTRAINT TRIGGER at_commit AFTER INSERT ON gadgets DEFERRABLE INITIALLY DEFERRED"
            " FOR EACH ROW EXECUTE FUNCTION at_commit()"
        )
    )
    db.commit()
    yield
    db.execute(sa.text("DROP FUNCTION at_commit CASCADE"))
    db.commit()


def test_a_connection_killed_between_requests_costs_no_request(api: Client, db: sa.Connection) -> None:
    for number in range(5):
        assert api.post("/api/v1/gadgets", json={"name": str(number)}).status == 201
        assert kill_app_connections(db) >= 1
        time.sleep(0.05)
    assert len(names(api)) == 5


def test_a_connection_killed_in_the_middle_is_503_and_the_next_request_works(
    api: Client, db: sa.Connection
) -> None:
    api.post("/api/v1/gadgets", json={"name": "first"})
    db.execute(sa.text("SELECT * FROM gadgets FOR UPDATE"))  # the update below waits for us

    def kill_when_waiting() -> None:
        waiting = sa.text(f"SELECT pid FROM pg_stat_activity WHERE {APP} AND wait_event_type = 'Lock'")
        with db.engine.connect() as killer:
            while not (pid := killer.scalar(waiting)):
                killer.rollback()
                time.sleep(0.02)
            killer.execute(sa.text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})

    thread = threading.Thread(target=kill_when_waiting)
    thread.start()
    answer = api.put("/api/v1/gadgets/1", json={"name": "second"})
    thread.join()
    db.rollback()
    assert (answer.status, answer.error, answer.headers["retry-after"]) == (503, "service_unavailable", "1")
    assert names(api) == ["first"]


@pytest.mark.usefixtures("at_commit")
def test_a_refused_commit_is_a_database_error_in_the_words_of_the_route(
    api: Client, logs: list[dict[str, str]]
) -> None:
    answer = api.post("/api/v1/gadgets", json={"name": "refuse"})
    assert (answer.status, answer.error, answer.json()["message"]) == (
        500,
        "database_error",
        "Failed to create gadget",
    )
    [logged] = [line for line in logs if line["level"] == "ERROR"]
    assert logged["message"] == "Database error occurred while creating gadget"
    assert logged["request_id"] == answer.headers["x-request-id"]
    assert b"refused at commit" not in answer.body
    assert names(api) == []


@pytest.mark.usefixtures("at_commit")
@pytest.mark.parametrize("name", ["quote", "cast"])
def test_no_value_of_a_row_is_logged_with_a_traceback(
    api: Client, logs: list[dict[str, str]], name: str
) -> None:
    secret = "what only its reader may know"
    answer = api.post("/api/v1/gadgets", json={"name": name, "description": secret})
    assert (answer.status, answer.error) == (500, "database_error")
    [logged] = [line for line in logs if line["level"] == "ERROR"]
    assert "Traceback" in logged["exception"] and "pg8000" in logged["exception"]
    assert secret not in json.dumps(logs)


@pytest.mark.usefixtures("at_commit")
def test_a_connection_that_ends_in_commit_is_never_a_2xx(api: Client) -> None:
    answer = api.post("/api/v1/gadgets", json={"name": "die"}, headers={"Idempotency-Key": "k"})
    assert (answer.status, answer.error) == (503, "service_unavailable")
    assert names(api) == []
    assert api.post("/api/v1/gadgets", json={"name": "kept"}, headers={"Idempotency-Key": "k"}).status == 201


@pytest.mark.slow
def test_a_claimed_key_answers_409_when_the_lock_timeout_passes(api: Client, db: sa.Connection) -> None:
    other = db.engine.connect()
    other.execute(
        sa.text(
            "INSERT INTO idempotency_records (caller, route, key, fingerprint)"
            " VALUES ('1', 'POST /api/v1/gadgets', 'busy', '')"
        )
    )
    answer = api.post("/api/v1/gadgets", json={"name": "x"}, headers={"Idempotency-Key": "busy"})
    other.close()
    assert (answer.status, answer.error) == (409, "idempotency_in_progress")
    assert names(api) == []


@pytest.mark.slow
def test_a_locked_row_is_503_when_the_lock_timeout_passes(api: Client, db: sa.Connection) -> None:
    api.post("/api/v1/gadgets", json={"name": "first"})
    db.execute(sa.text("SELECT * FROM gadgets FOR UPDATE"))
    answer = api.put("/api/v1/gadgets/1", json={"name": "second"})
    db.rollback()
    assert (answer.status, answer.error) == (503, "service_unavailable")
    assert answer.headers["retry-after"] == "1"


def test_an_answer_out_of_step_is_never_read(api: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """A driver that fails in the middle of a message loses its connection, not the next caller's answer."""
    api.post("/api/v1/gadgets", json={"name": "first"})
    from tests.sample.models import Gadget

    def surrogate(self: Gadget, name: str, description: str) -> None:
        self.name, self.description = "\ud800", description

    monkeypatch.setattr(Gadget, "__init__", surrogate)
    assert api.post("/api/v1/gadgets", json={"name": "x"}).status == 500
    monkeypatch.undo()
    for _ in range(3):
        assert names(api) == ["first"]


def test_a_migrations_error_quotes_no_row(cluster: Cluster, db: sa.Connection) -> None:
    secret = "what only its reader may know"
    with owner_engine(cluster.owner_url).connect() as owner, pytest.raises(DBAPIError) as raised:
        for _ in range(2):
            owner.execute(sa.text("INSERT INTO labels (name) VALUES (:name)"), {"name": secret})
    told = "".join(traceback.format_exception(raised.value))
    assert "uq_labels_name" in told and secret not in told


def test_a_value_that_a_check_refuses_is_422_and_names_its_field(api: Client, db: sa.Connection) -> None:
    check = "ALTER TABLE labels DROP CONSTRAINT ck_labels_size, ADD CONSTRAINT ck_labels_size CHECK (%s)"
    db.execute(sa.text(check % "size BETWEEN 1 AND 3"))
    db.commit()
    try:
        answer = api.post("/api/v1/labels", json={"name": "x", "size": 5})
    finally:
        db.execute(sa.text(check % "size BETWEEN 1 AND 5"))
        db.commit()
    assert (answer.status, answer.error) == (422, "validation_error")
    assert answer.json()["details"] == {
        "errors": [{"loc": ["body", "size"], "msg": "Input should be 1 to 5", "type": "check"}]
    }
    assert api.post("/api/v1/labels", json={"name": "x", "size": 5}).status == 201
