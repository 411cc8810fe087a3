"""A transaction that conflicts with another one runs again; nothing is done twice."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from unittest.mock import ANY

from shared.database.engines import close_connections
from shared.runtime.product import IDENTIFIER, NAME, NAMESPACE

import pytest
import sqlalchemy as sa

from infra.deployed.migrations.bootstrap import APP_ROLE
from infra.local.postgres import Cluster
from tests.accounts.environments import WAITING, Environment
from tests.integration.conftest import database_settings
from tests.integration.wire import Recorder
from tests.support.client import Answer, Client, Context, handler_of
from tests.support.metrics import Counted, counted
from tests.support.redis_server import SetEnv

AGAIN = "The request runs again"
SERIALIZATION_FAILURE, DEADLOCK, LOCK_TIMEOUT = "40001", "40P01", "55P03"
IN_A_STATEMENT = "BEFORE INSERT OR UPDATE"
AT_COMMIT = "AFTER INSERT OR UPDATE"  # deferred

RAISES = """
    CREATE FUNCTION conflict() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
    BEGIN
        IF nextval('public.runs') <= {runs} THEN RAISE 'conflict' USING ERRCODE = '{code}'; END IF;
        RETURN NEW;
    END $$
"""
CROSSES_OVER = """
    CREATE FUNCTION cross_over() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
    BEGIN
        PERFORM nextval('public.runs');
        PERFORM pg_advisory_xact_lock_shared(7);
        PERFORM FROM public.gadgets WHERE id = 3 - NEW.id FOR UPDATE;
        RETURN NEW;
    END $$
"""
OF_THE_ROLE = f"ALTER ROLE {APP_ROLE} IN DATABASE {IDENTIFIER}"

type Conflicts = Callable[..., None]


@pytest.fixture
def conflicts(db: sa.Connection) -> Iterator[Conflicts]:
    """Has the first runs that write fail. They are counted by a sequence, which no rollback takes back."""

    def arrange(runs: int, code: str = SERIALIZATION_FAILURE, when: str = IN_A_STATEMENT) -> None:
        kind, deferred = ("CONSTRAINT", "DEFERRABLE INITIALLY DEFERRED") if when == AT_COMMIT else ("", "")
        db.execute(sa.text("CREATE SEQUENCE runs"))
        db.execute(sa.text(RAISES.format(runs=runs, code=code)))
        for table in ("gadgets", "refresh_families"):
            trigger = f"CREATE {kind} TRIGGER conflict {when} ON {table} {deferred}"
            db.execute(sa.text(f"{trigger} FOR EACH ROW EXECUTE FUNCTION conflict()"))
        db.commit()

    yield arrange
    db.rollback()
    db.execute(sa.text("DROP FUNCTION IF EXISTS conflict CASCADE"))
    db.execute(sa.text("DROP SEQUENCE IF EXISTS runs"))
    db.commit()


def runs(db: sa.Connection) -> int:
    return db.scalar(sa.text("SELECT last_value FROM runs")) or 0


def names(db: sa.Connection) -> list[str]:
    return list(db.scalars(sa.text("SELECT name FROM gadgets ORDER BY id")))


def create(api: Client, **options: str) -> Answer:
    return api.post("/api/v1/gadgets", json={"name": "pen"}, **options)


@pytest.mark.parametrize("when", [IN_A_STATEMENT, AT_COMMIT])
@pytest.mark.parametrize("code", [SERIALIZATION_FAILURE, DEADLOCK])
def test_two_conflicts_cost_a_caller_nothing(
    api: Client, db: sa.Connection, conflicts: Conflicts, logs: list[dict[str, str]], code: str, when: str
) -> None:
    conflicts(2, code, when)
    answer = create(api)
    assert (answer.status, names(db), runs(db)) == (201, ["pen"], 3)
    assert [line["message"] for line in logs] == [AGAIN, AGAIN, "POST /api/v1/gadgets"]
    assert {line["request_id"] for line in logs} == {answer.headers["x-request-id"]}
    assert logs[0]["reason"] == "Conflict"


def test_a_conflict_of_the_statement_that_took_commit_along(
    api: Client, db: sa.Connection, conflicts: Conflicts
) -> None:
    create(api)
    for when in (IN_A_STATEMENT, AT_COMMIT):
        conflicts(2, when=when)
        assert api.put("/api/v1/gadgets/1", json={"name": when}).status == 200
        assert (names(db), runs(db)) == ([when], 3)
        db.execute(sa.text("DROP FUNCTION conflict CASCADE"))
        db.execute(sa.text("DROP SEQUENCE runs"))


@pytest.mark.parametrize("when", [IN_A_STATEMENT, AT_COMMIT])
def test_the_third_conflict_is_503_and_nothing_is_kept(
    api: Client, db: sa.Connection, conflicts: Conflicts, when: str
) -> None:
    conflicts(3, when=when)
    answer = create(api)
    assert (answer.status, answer.error) == (503, "service_unavailable")
    assert answer.headers["retry-after"] == "1"
    assert (names(db), runs(db)) == ([], 3)


def test_no_run_begins_without_the_time_for_it(api: Client, db: sa.Connection, conflicts: Conflicts) -> None:
    conflicts(1)
    late = replace(api, run=lambda operation, event: handler_of(operation)(event, Context(9_999)))
    assert create(late).status == 503
    assert (names(db), runs(db)) == ([], 1)
    assert create(api).status == 201


def test_another_failure_is_not_run_again(api: Client, db: sa.Connection, conflicts: Conflicts) -> None:
    conflicts(1, LOCK_TIMEOUT)
    assert create(api).status == 503
    assert runs(db) == 1


def test_a_keyed_call_has_one_effect_and_its_answer_is_replayed(
    api: Client, db: sa.Connection, conflicts: Conflicts
) -> None:
    conflicts(2, when=AT_COMMIT)
    first, second = (create(api, headers={"Idempotency-Key": "k"}) for _ in range(2))
    assert (first.status, second.status, second.body) == (201, 201, first.body)
    assert "idempotent-replayed" not in first.headers
    assert (second.headers["idempotent-replayed"], names(db)) == ("true", ["pen"])


def test_a_call_counts_once_however_often_it_runs(
    api: Client, conflicts: Conflicts, set_env: SetEnv, capfd: pytest.CaptureFixture[str]
) -> None:
    conflicts(2)
    set_env(RATE_LIMIT="5")
    assert create(api).headers["ratelimit"] == '"default";r=4;t=60'
    conflict = Counted(NAMESPACE, "Conflict", (("service", NAME), ("stage", "local")))
    assert list(counted(capfd.readouterr().out)) == [conflict, conflict]


@pytest.mark.usefixtures("signing_key")
def test_a_sign_in_is_not_run_again(db: sa.Connection, conflicts: Conflicts) -> None:
    """What it has counted as a failure it would count again."""
    person = {"username": "alice", "email": "alice@example.com", "password": "correct horse battery"}
    assert Client().post("/api/v1/auth/register", json=person).status == 201
    conflicts(1)
    given = {"username": "alice", "password": person["password"]}
    assert Client().post("/api/v1/auth/login", json=given).status == 503
    assert runs(db) == 1
    assert Client().post("/api/v1/auth/login", json=given).status == 200


def test_another_issuers_user_is_made_once(db: sa.Connection, conflicts: Conflicts, set_env: SetEnv) -> None:
    """At first sight, in a transaction of its own, which the request's is not rolled back with."""
    set_env(EXTERNAL_ISSUER="true")
    conflicts(2)
    stranger = Client(claims={"iss": "https://tenant.example/", "sub": "a", "aud": NAME})
    assert create(stranger).status == 201
    assert db.scalar(sa.text("SELECT count(*) FROM users")) == 1
    assert (names(db), runs(db)) == (["pen"], 3)


def test_a_commit_whose_answer_is_lost_is_not_run_again(
    api: Client, db: sa.Connection, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has come through: a second one would be a second row."""
    between = Recorder(cluster.port, hangs_up_at=b"COMMIT\0")
    url = cluster.app_url.replace(f":{cluster.port}/", f":{between.port}/")
    with database_settings(monkeypatch, DATABASE_URL=url):
        answer = create(api)
    between.close()
    assert [text for text in between.statements if text.startswith("INSERT")] == [ANY]
    assert (answer.status, answer.error) == (503, "service_unavailable")
    assert names(db) == ["pen"]


@pytest.fixture
def each_others_rows(db: sa.Connection) -> Iterator[None]:
    """Who changes one of two items waits for the test, then for the other one: a deadlock, found at once."""
    for statement in (
        f"{OF_THE_ROLE} SET deadlock_timeout = '10ms'",
        f"{OF_THE_ROLE} SET lock_timeout = 0",
        "CREATE SEQUENCE runs",
        CROSSES_OVER,
        "CREATE TRIGGER cross_over BEFORE UPDATE ON gadgets FOR EACH ROW EXECUTE FUNCTION cross_over()",
    ):
        db.execute(sa.text(statement))
    db.commit()
    close_connections()
    yield
    db.rollback()
    db.execute(sa.text("DROP FUNCTION cross_over CASCADE"))
    db.execute(sa.text("DROP SEQUENCE runs"))
    db.execute(sa.text(f"{OF_THE_ROLE} RESET ALL"))
    db.commit()
    close_connections()


@pytest.fixture(scope="module")
def elsewhere(cluster: Cluster) -> Iterator[Environment]:
    running = Environment({})
    yield running
    running.stop()


def release_when_both_wait(db: sa.Connection, other: Future[Answer]) -> None:
    with db.engine.connect() as observer:
        while observer.scalar(WAITING) != 2 and not other.done():
            observer.rollback()
            time.sleep(0.002)
    db.rollback()


@pytest.mark.slow
@pytest.mark.usefixtures("each_others_rows")
def test_of_two_calls_in_a_deadlock_both_succeed(
    api: Client, db: sa.Connection, elsewhere: Environment
) -> None:
    there = elsewhere.serve(api)
    for name in ("first", "second"):
        api.post("/api/v1/gadgets", json={"name": name})
    db.execute(sa.text("SELECT pg_advisory_xact_lock(7)"))
    with ThreadPoolExecutor(2) as threads:
        other = threads.submit(there.put, "/api/v1/gadgets/2", json={"name": "mine"})
        threads.submit(release_when_both_wait, db, other)
        answers = [api.put("/api/v1/gadgets/1", json={"name": "mine"}), other.result()]
    assert [answer.status for answer in answers] == [200, 200]
    assert names(db) == ["mine", "mine"]
    assert runs(db) in (3, 4)  # the second run of one may meet the first run of the other once more
