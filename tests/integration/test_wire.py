"""What each route sends to the database: nothing that pins RDS Proxy, and no superfluous round trip."""

import csv
from contextlib import suppress

from shared.database.engines import engine
from shared.database.read_only import read_only
from shared.identity import callers
from shared.models import map_all
from shared.models.users import User
from shared.redis.cache import cache
from shared.runtime.product import IDENTIFIER

import pg8000
import pytest
import sqlalchemy as sa

from infra.deployed.migrations.bootstrap import APP_ROLE
from infra.local.postgres import Cluster
from tests.conftest import NewUser
from tests.integration.calls import calls
from tests.integration.conftest import Authority, database_settings
from tests.integration.wire import Recorder
from tests.support.client import ROOT, Client
from tests.support.sample_calls import TABLE, World

ROUND_TRIPS_FILES = "tests/<domain>/round_trips.csv"
# What a sample takes, the caller's row known: by kind, and by operation where that differs.
ROUND_TRIPS = {
    name: (int(round_trips), int(statements))
    for file in ROOT.glob("tests/*/round_trips.csv")
    for name, round_trips, statements in list(csv.reader(file.read_text().splitlines()))[1:]
}
ROUND = ("begin transaction", "commit", "rollback")


@pytest.fixture(
    params=[
        pytest.param("true", id="one flush"),
        pytest.param("false", id="the driver as it comes", marks=pytest.mark.slow),
    ]
)
def pipelines(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.mark.usefixtures("signing_key")
def test_no_route_pins_the_proxy_or_takes_a_turn_too_many(
    db: sa.Connection,
    new_user: NewUser,
    cluster: Cluster,
    recorder: Recorder,
    monkeypatch: pytest.MonkeyPatch,
    pipelines: str,
) -> None:
    """The caller's row is kept from a call before, as it is for 30 s."""
    monkeypatch.setattr(callers.find_caller, "ttl", 3600)
    url = cluster.app_url.replace(f":{cluster.port}/", f":{recorder.port}/")
    world = World(db, new_user)
    seen: dict[str, tuple[int, int]] = {}
    of_a_read = [] if pipelines == "true" else ["begin transaction", "rollback"]
    with database_settings(monkeypatch, DATABASE_URL=url, DATABASE_ONE_FLUSH=pipelines):
        for path in ("/api/v1/users/me", "/api/v1/health"):  # each makes a connection
            assert world.admin.get(path).status == 200
        for operation, path, body in calls(world):
            cache().delete("readiness")
            row = TABLE[operation]
            keyed = {"Idempotency-Key": "k"} if row["kind"] == "create" else {}
            for name in (operation, f"{operation} replayed") if keyed else (operation,):
                round_trips, before = recorder.round_trips, len(recorder.statements)
                answer = world.admin.call(row["method"], path, json=body, headers=keyed)
                assert answer.status == int(row["status"]), f"{operation}: {answer.body!r}"
                statements = recorder.statements[before:]
                kept = "rollback" if "replayed" in name else "commit"
                ends = [text for text in statements if text in ROUND]
                if row["method"] == "GET":
                    assert ends == of_a_read, operation
                else:  # sign-in reads in a transaction that is over before the key signs
                    assert set(ends[0::2]) == {"begin transaction"} and ends[-1] == kept, operation
                seen[name] = (recorder.round_trips - round_trips, len(statements))
    assert recorder.violations == []
    if pipelines == "true":
        others = {name: taken for name, taken in seen.items() if taken != meant(name)}
        assert others == {}, f"if this is meant, write it into {ROUND_TRIPS_FILES}"
        needless = {
            name
            for name in seen
            if name in ROUND_TRIPS and ROUND_TRIPS[name] == ROUND_TRIPS.get(kind_of(name))
        }
        assert needless == set(), f"as all of their kind: take them from {ROUND_TRIPS_FILES}"


def kind_of(name: str) -> str:
    """create_gadget replayed → create replayed"""
    operation, _, how = name.partition(" ")
    return f"{TABLE[operation]['kind']} {how}".rstrip()


def meant(name: str) -> tuple[int, int] | None:
    found = ROUND_TRIPS.get(name) or ROUND_TRIPS.get(kind_of(name))
    if found and name in ("delete_me", "delete_user"):
        tables = below(User.metadata.tables["users"])  # each takes a statement and a round trip
        return found[0] + tables, found[1] + tables
    return found


def below(table: sa.Table) -> int:
    """Returns the number of the tables whose rows go with a row of this one."""
    keys = [key for each in map_all().sorted_tables for key in each.foreign_key_constraints]
    owned = [key.table for key in keys if key.referred_table is table and key.ondelete == "CASCADE"]
    return sum(1 + below(each) for each in owned)


def test_an_error_on_the_way_pins_nothing(
    api: Client, cluster: Cluster, recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = cluster.app_url.replace(f":{cluster.port}/", f":{recorder.port}/")
    with database_settings(monkeypatch, DATABASE_URL=url):
        assert api.get("/api/v1/gadgets/77").status == 404
        assert api.get("/api/v1/gadgets").status == 200
    assert recorder.violations == []


def test_a_created_row_takes_two_turns_and_an_unknown_caller_one_more(
    api: Client, cluster: Cluster, recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = cluster.app_url.replace(f":{cluster.port}/", f":{recorder.port}/")
    with database_settings(monkeypatch, DATABASE_URL=url, DATABASE_ONE_FLUSH="true"):
        Client().get("/api/v1/labels")  # connects
        for round_trips in (3, 2):
            before, sent = recorder.round_trips, len(recorder.statements)
            assert api.post("/api/v1/gadgets", json={"name": "pen"}).status == 201
            assert recorder.round_trips - before == round_trips
            assert recorder.statements[sent] == "begin transaction"  # before the caller's row is read


@pytest.mark.parametrize("how", ["by SCRAM", "by a token over TLS"])
def test_a_connection_and_its_first_query_take_at_most_7_turns(
    how: str, cluster: Cluster, tls_server: Cluster, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    if how == "by SCRAM":
        server, user, environment = cluster, f"{APP_ROLE}:{cluster.app_password}", {}
    else:
        server, user = tls_server, "by_token:token"
        environment = {"DATABASE_CA_FILE": str(authority.file)}
        owner = sa.create_engine(tls_server.owner_url, poolclass=sa.NullPool, isolation_level="AUTOCOMMIT")
        with owner.connect() as db:
            db.execute(sa.text("DROP ROLE IF EXISTS by_token"))
            db.execute(sa.text("CREATE ROLE by_token LOGIN PASSWORD 'token'"))
    recorder = Recorder(server.port)
    url = f"postgresql://{user}@localhost:{recorder.port}/{IDENTIFIER}"
    with database_settings(monkeypatch, DATABASE_URL=url, DATABASE_ONE_FLUSH="true", **environment):
        with read_only(engine()).connect() as db:
            assert db.scalar(sa.select(sa.literal(7))) == 7
        recorder.close()
        assert 1 + recorder.round_trips <= 7  # with one for TCP itself


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
        "SELECT nextval('gadgets_id_seq')",
        "SELECT pg_advisory_lock(1)",
        "SELECT '" + "x" * 17_000 + "'",
    ],
)
def test_what_pins_would_be_noticed(cluster: Cluster, recorder: Recorder, statement: str) -> None:
    connection = pg8000.connect(IDENTIFIER, "127.0.0.1", IDENTIFIER, recorder.port, cluster.owner_password)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(1)")
        assert recorder.violations == []
        with suppress(pg8000.dbapi.DatabaseError):  # sent is what counts
            cursor.execute(statement)
    connection.close()
    [violation] = recorder.violations
    assert "pins: " in violation


def test_two_flushes_outside_a_transaction_would_be_noticed(cluster: Cluster, recorder: Recorder) -> None:
    connection = pg8000.connect(IDENTIFIER, "127.0.0.1", IDENTIFIER, recorder.port, cluster.owner_password)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")  # the simple protocol's one message
        assert recorder.violations == []
        cursor.execute("SELECT %s::int", (1,))
    connection.close()
    assert "more than one flush outside a transaction: SELECT $1::int" in recorder.violations


@pytest.mark.parametrize("statement", ["DELETE FROM gadgets", "SELECT 1 FROM gadgets FOR UPDATE"])
def test_a_write_outside_a_transaction_would_be_noticed(
    cluster: Cluster, recorder: Recorder, statement: str
) -> None:
    connection = pg8000.connect(IDENTIFIER, "127.0.0.1", IDENTIFIER, recorder.port, cluster.owner_password)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(statement)
    connection.close()
    assert recorder.violations == [f"a statement outside a transaction: {statement}"]


def test_options_at_connect_would_be_noticed(cluster: Cluster, recorder: Recorder) -> None:
    startup = {"options": "-c lock_timeout=1"}
    pg8000.connect(
        IDENTIFIER, "127.0.0.1", IDENTIFIER, recorder.port, cluster.owner_password, startup_params=startup
    ).close()
    assert recorder.violations == ["the startup packet carries ['options']"]
