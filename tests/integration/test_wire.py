"""No route sends a statement that pins RDS Proxy, from the first byte of a connection on."""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pg8000
import pytest

from accounts.passwords import hash_password
from infra.local.postgres import Cluster
from shared.cache import cache
from tests.client import ROOT, ROUTES, Client
from tests.conftest import NewUser
from tests.integration.calls import CALLS, PASSWORD
from tests.integration.conftest import database_settings
from tests.integration.wire import Recorder

TABLE = {row["operation_id"]: row for row in ROUTES}


@pytest.fixture
def recorder(cluster: Cluster) -> Iterator[Recorder]:
    running = Recorder(cluster.port)
    yield running
    running.close()


def test_every_route_that_reaches_the_database_has_its_call() -> None:
    modules = [path for path in (ROOT / "functions").glob("*/*.py") if path.stem in TABLE]
    needed = {path.stem for path in modules if "shared.database" in path.read_text()}
    missing = needed - {operation for operation, _, _ in CALLS}
    assert not missing, f"tests/integration/calls.py lacks {missing}"


@pytest.mark.usefixtures("signing_key")
def test_no_route_pins_the_proxy(
    new_user: NewUser, cluster: Cluster, recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = cluster.app_url.replace(f":{cluster.port}/", f":{recorder.port}/")
    api = new_user("first", role="admin", password_hash=hash_password(PASSWORD))
    answers: dict[str, Any] = {}
    cache().delete("readiness")
    with database_settings(monkeypatch, DATABASE_URL=url):
        for operation, path, body in CALLS:
            row, before = TABLE[operation], len(recorder.statements)
            headers = {"Idempotency-Key": "k"} if row["kind"] == "create" else {}
            for _ in range(1 + len(headers)):  # with a key, once more: the replay has statements of its own
                sent = body(answers) if callable(body) else body
                answer = api.call(row["method"], path, json=sent, headers=headers)
                assert answer.status == int(row["status"]), f"{operation}: {answer.body!r}"
            assert len(recorder.statements) > before, f"{operation} sent nothing"
            answers[operation] = answer.json() if answer.body else None
    assert recorder.connections >= 1
    assert recorder.violations == []


def test_an_error_on_the_way_pins_nothing(
    api: Client, cluster: Cluster, recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = cluster.app_url.replace(f":{cluster.port}/", f":{recorder.port}/")
    with database_settings(monkeypatch, DATABASE_URL=url):
        assert api.get("/api/v1/items/77").status == 404
        assert api.get("/api/v1/items").status == 200
    assert recorder.violations == []


@pytest.mark.parametrize(
    "statement",
    [
        "SET statement_timeout = 1",
        "set local lock_timeout = 1",
        "SELECT set_config('lock_timeout', '1', false)",
        "PREPARE p AS SELECT 1",
        "DISCARD ALL",
        "CREATE TEMP TABLE t (id int)",
        "DECLARE c CURSOR FOR SELECT 1",
        "LISTEN channel",
        "SELECT nextval('items_id_seq')",
        "SELECT pg_advisory_lock(1)",
        "SELECT '" + "x" * 17_000 + "'",
    ],
)
def test_what_pins_would_be_noticed(cluster: Cluster, recorder: Recorder, statement: str) -> None:
    connection = pg8000.connect("routewise", "127.0.0.1", "routewise", recorder.port, cluster.owner_password)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(1)")
        assert recorder.violations == []
        with suppress(pg8000.dbapi.DatabaseError):  # sent is what counts
            cursor.execute(statement)
    connection.close()
    [violation] = recorder.violations
    assert "pins: " in violation


def test_a_statement_outside_a_transaction_would_be_noticed(cluster: Cluster, recorder: Recorder) -> None:
    connection = pg8000.connect("routewise", "127.0.0.1", "routewise", recorder.port, cluster.owner_password)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    connection.close()
    assert recorder.violations == ["a statement outside a transaction: SELECT 1"]


def test_options_at_connect_would_be_noticed(cluster: Cluster, recorder: Recorder) -> None:
    startup = {"options": "-c lock_timeout=1"}
    pg8000.connect(
        "routewise", "127.0.0.1", "routewise", recorder.port, cluster.owner_password, startup_params=startup
    ).close()
    assert recorder.violations == ["the startup packet carries ['options']"]
