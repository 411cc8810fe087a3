"""Two real servers in streaming replication: who sees what while one lags, is gone or ends a query."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from statistics import median, quantiles

from shared.database import replica as readers
from shared.database.replica import replica as configured_replica

import pytest
import sqlalchemy as sa

from infra.local.postgres import Cluster
from tests.accounts.environments import WAITING
from tests.conftest import NewUser
from tests.integration.conftest import database_settings
from tests.integration.replica import Replica, replica
from tests.support.client import Client
from tests.support.redis_server import Server

pytestmark = pytest.mark.slow

LABELS, AGAIN = "/api/v1/labels", "The request runs again"
PATIENCE = 30  # seconds


@pytest.fixture(scope="module")
def followed(
    cluster: Cluster, owner: sa.Engine, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Replica]:
    with replica(tmp_path_factory.mktemp("replica"), cluster, owner) as running:
        yield running


@pytest.fixture
def second(db: sa.Connection, followed: Replica, monkeypatch: pytest.MonkeyPatch) -> Iterator[Replica]:
    """The functions read there what anyone may read; it has caught up with the emptied tables."""
    followed.recover()
    with database_settings(monkeypatch, DATABASE_READER_URL=followed.cluster.app_url):
        yield followed
    followed.recover()


@pytest.fixture
def alice(second: Replica, new_user: NewUser) -> Client:
    user = new_user("alice")
    second.resume()
    return user


@pytest.fixture
def anyone(alice: Client) -> Client:
    return replace(alice, claims=None)


def names(client: Client, **headers: str) -> list[str]:
    answer = client.get(LABELS, headers=headers)
    assert answer.status == 200, answer.body
    return [label["name"] for label in answer.json()]


def write(client: Client, name: str) -> int:
    answer = client.post(LABELS, json={"name": name})
    assert answer.status == 201
    return int(answer.json()["id"])


def test_anyone_sees_what_was_there_and_who_is_signed_in_sees_what_is(
    alice: Client, anyone: Client, second: Replica
) -> None:
    write(alice, "before")
    second.resume()
    second.pause()
    label = write(alice, "after")
    assert names(anyone) == ["before"]
    assert anyone.get(f"{LABELS}/{label}").status == 404
    assert names(alice) == names(anyone, authorization="Bearer hers") == ["after", "before"]
    assert alice.get(f"{LABELS}/{label}").status == 200
    second.resume()
    assert names(anyone) == ["after", "before"]
    assert anyone.get(f"{LABELS}/{label}").status == 200


def test_a_new_user_is_there_for_everybody_at_once(
    anyone: Client, second: Replica, signing_key: object
) -> None:
    second.pause()
    person = {"username": "bob", "email": "bob@example.com", "password": "correct horse battery"}
    made = anyone.post("/api/v1/auth/register", json=person)
    assert made.status == 201
    given = {"username": "bob", "password": person["password"]}
    assert anyone.post("/api/v1/auth/login", json=given).status == 200
    for path in ("", "/followers", "/following"):
        assert anyone.get(f"{made.headers['location']}{path}").status == 200


def test_a_cache_keeps_nothing_that_lags(
    alice: Client, anyone: Client, second: Replica, with_redis: Server
) -> None:
    label = alice.post(LABELS, json={"name": "old"}).headers["location"]
    second.resume()
    second.pause()
    assert alice.put(label, json={"name": "new"}).status == 200
    assert anyone.get(f"{label}/print").json()["name"] == "new"
    assert alice.get(f"{label}/print").json()["name"] == "new"


def test_a_reader_that_was_killed_costs_a_try_and_is_asked_again_later(
    alice: Client,
    anyone: Client,
    second: Replica,
    logs: list[dict[str, str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    write(alice, "hello")
    second.resume()
    assert names(anyone) == ["hello"]
    second.kill()
    for _ in range(3):
        assert names(anyone) == ["hello"]
    assert [line["reason"] for line in logs if line["message"] == AGAIN] == ["ReaderFailure"]
    second.start()
    second.pause()
    write(alice, "unseen")
    configured_replica().backoff.note_answer()
    assert names(anyone) == ["hello"]


def test_a_killed_reader_starts_again_though_a_process_of_it_would_live_on(second: Replica) -> None:
    """As under load: the process does not see at once that its server is gone."""
    with second.owner.connect() as there:
        os.kill(there.scalar(sa.text("SELECT pg_backend_pid()")), signal.SIGSTOP)
        second.kill()
    second.start()
    assert second.is_running


def test_a_reader_that_freezes_is_waited_for_a_while(
    alice: Client, anyone: Client, second: Replica, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readers, "TIMEOUT", 0.2)
    write(alice, "hello")
    second.resume()
    assert names(anyone) == ["hello"]
    with second.frozen():
        answered = names(anyone)
    assert answered == ["hello"] and not configured_replica().backoff.is_over


WAITS_THERE = """
    CREATE FUNCTION waits_there() RETURNS boolean LANGUAGE plpgsql AS $$
    BEGIN
        IF pg_is_in_recovery() THEN PERFORM pg_advisory_xact_lock_shared(7); END IF;
        RETURN true;
    END $$
"""
SLOW = (
    WAITS_THERE,
    "ALTER TABLE labels ENABLE ROW LEVEL SECURITY",
    "CREATE POLICY waits_there ON labels USING (waits_there()) WITH CHECK (true)",
)
NO_MORE = ("DROP POLICY waits_there ON labels", "ALTER TABLE labels DISABLE ROW LEVEL SECURITY")


@pytest.fixture
def slow_there(db: sa.Connection, second: Replica) -> Iterator[None]:
    """Labels are read on the second server once the test lets them be."""
    for statement in SLOW:
        db.execute(sa.text(statement))
    db.commit()
    second.resume()
    second.set("max_standby_streaming_delay", "0")  # a query in the way of replay is ended at once
    with second.owner.connect() as there:
        there.execute(sa.text("SELECT pg_advisory_lock(7)"))
        yield
    second.recover()
    db.rollback()
    for statement in (*NO_MORE, "DROP FUNCTION waits_there"):
        db.execute(sa.text(statement))
    db.commit()


def lock_the_table(second: Replica) -> None:
    """What an ALTER TABLE does: its replay ends every query of the table."""
    with second.primary.begin() as db:
        db.execute(sa.text("LOCK TABLE labels IN ACCESS EXCLUSIVE MODE"))


@pytest.mark.usefixtures("slow_there")
@pytest.mark.parametrize("end", [lock_the_table, Replica.kill])
def test_a_query_that_is_ended_is_answered_by_the_writer(
    alice: Client,
    anyone: Client,
    second: Replica,
    logs: list[dict[str, str]],
    end: Callable[[Replica], None],
) -> None:
    write(alice, "hello")
    second.resume()

    def end_it() -> None:
        give_up = time.monotonic() + PATIENCE
        with second.owner.connect() as there:
            while there.scalar(WAITING) != 1:
                assert time.monotonic() < give_up, "nobody reads there"
                time.sleep(0.002)
        end(second)

    with ThreadPoolExecutor(1) as threads:
        ended = threads.submit(end_it)
        assert names(anyone) == ["hello"]
        ended.result()
    [said] = [line for line in logs if line["message"] == AGAIN]
    assert said["reason"] == "ReaderFailure"
    # No 40001 either where Postgres repeats its signal while the query is aborted: that ends the session.
    assert end is lock_the_table or "40001" not in said["error"]


def test_how_stale_anyone_sees_it(alice: Client, anyone: Client, second: Replica) -> None:
    """From the answer to a write until somebody without a token reads it, in ms."""
    taken = []
    for number in range(100):
        label = write(alice, str(number))
        written = time.perf_counter()
        while anyone.get(f"{LABELS}/{label}").status != 200:
            pass
        taken.append((time.perf_counter() - written) * 1000)
    print(f"staleness, ms: median {median(taken):.1f}, p99 {quantiles(taken, n=100)[98]:.1f}")
    assert configured_replica().backoff.is_over
