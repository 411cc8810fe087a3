"""Which calls are read from a server that only reads, and what happens when it fails."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from secrets import token_hex
from types import SimpleNamespace

from shared.database import replica as readers
from shared.database.replica import replica
from shared.runtime import backoff
from shared.runtime.backoff import FIRST_PAUSE, LONGEST_PAUSE
from shared.runtime.product import IDENTIFIER, NAME, NAMESPACE

import pytest
import sqlalchemy as sa

from infra.deployed.migrations.bootstrap import APP_ROLE
from infra.emulator.template_yaml import parse
from infra.local.postgres import Cluster
from tests.contract.project import Project
from tests.integration.conftest import database_settings
from tests.support.client import ROOT, Answer, Client, Context, handler_of
from tests.support.metrics import Counted, counted
from tests.support.redis_server import Server
from tests.support.sample_calls import TABLE, World, deployed, samples
from tests.support.statements import recorded

PUBLIC = sorted(name for name, each in Project(ROOT).routes.items() if "PublicSession" in each.names)
PUBLIC += ["get_label", "list_labels", "print_label"]
OTHERS = [name for name in deployed() if name not in PUBLIC and TABLE[name]["auth"] == "-"]
ALICE = {"Authorization": "Bearer whatever"}  # a public route does not ask whether it is good
LABELS, AGAIN = "/api/v1/labels", "The request runs again"

type Follow = Callable[[str], AbstractContextManager[None]]


@pytest.fixture
def followed(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with database_settings(monkeypatch, DATABASE_READER_URL=cluster.app_url):
        yield


@pytest.fixture
def world(db: sa.Connection, new_user: object, signing_key: object) -> World:
    return World(db, new_user)


def asked(world: World, operation: str, client: Client, **options: dict[str, str]) -> tuple[int, int]:
    """How many statements of the sample's call the reader and the writer got."""
    path, body, row = world.path(samples()[operation].path), world.body(operation), TABLE[operation]
    with recorded(replica().engine) as by_reader, recorded() as by_writer:
        answer = client.call(row["method"], path, json=body, **options)
    assert answer.status == int(row["status"]), operation
    return len(by_reader), len(by_writer)


@pytest.mark.usefixtures("followed")
class TestWhoAsksIt:
    @pytest.mark.parametrize("operation", PUBLIC)
    def test_anyone_without_a_token_in_a_public_read(self, world: World, operation: str) -> None:
        by_reader, by_writer = asked(world, operation, world.anyone)
        assert by_reader >= 1 and by_writer == 0

    def test_nobody_with_a_token(self, world: World) -> None:
        for operation in PUBLIC:
            assert asked(world, operation, world.anyone, headers=ALICE)[0] == 0, operation
            assert asked(world, operation, world.user())[0] == 0, operation

    def test_nobody_in_what_is_about_users_and_their_sessions(self, world: World) -> None:
        assert {"register", "refresh", "get_user", "list_followers"} < set(OTHERS)
        for operation in OTHERS:
            assert asked(world, operation, world.anyone)[0] == 0, operation

    def test_nobody_in_what_a_shared_cache_keeps(self, world: World, with_redis: Server) -> None:
        """What lags would be there for all its lifetime."""
        kept = set()
        for operation in PUBLIC:
            with_redis.do("FLUSHALL")
            by_reader, by_writer = asked(world, operation, world.anyone)
            if [key for key in with_redis.do("KEYS", "*") if not key.startswith(b"callers:")]:
                kept.add(operation)
            assert (by_reader == 0) == (by_writer > 0) == (operation in kept), operation
        assert "print_label" in kept and "get_label" not in kept

    def test_an_environment_keeps_a_connection_to_each(self, world: World, db: sa.Connection) -> None:
        for _ in range(3):
            asked(world, "list_labels", world.anyone)
            asked(world, "list_labels", world.admin)
        kept = f"SELECT count(*) FROM pg_stat_activity WHERE usename = '{APP_ROLE}'"
        assert db.scalar(sa.text(kept)) == 2

    def test_a_row_that_is_not_there_is_404_and_no_failure(self, world: World) -> None:
        with recorded() as by_writer:
            assert world.anyone.get(f"{LABELS}/7").error == "label_not_found"
        assert by_writer == [] and replica().backoff.is_over


@contextmanager
def listening(answers: bool) -> Iterator[tuple[str, list[int]]]:
    """What takes connections, and hangs up or, unless it `answers`, says nothing: its URL, each it took."""
    taken: list[int] = []
    kept: list[socket.socket] = []

    def accept() -> None:
        while True:
            try:
                client, _ = server.accept()
            except OSError:
                return
            taken.append(1)
            if answers:
                client.recv(1024)
                client.close()
            else:
                kept.append(client)

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=accept)
        thread.start()
        yield f"postgresql://{APP_ROLE}:x@127.0.0.1:{server.getsockname()[1]}/{IDENTIFIER}", taken
        server.shutdown(socket.SHUT_RDWR)
    thread.join()
    for each in kept:
        each.close()


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """The time by which the reader's pauses go."""
    clock = SimpleNamespace(seconds=1000.0)
    monkeypatch.setattr(backoff, "time", SimpleNamespace(monotonic=lambda: clock.seconds))
    return clock


@pytest.fixture
def follow(monkeypatch: pytest.MonkeyPatch) -> Follow:
    return lambda url: database_settings(monkeypatch, DATABASE_READER_URL=url)


def read_labels(api: Client) -> Answer:
    """By anyone, what the caller has just written."""
    assert api.post(LABELS, json={"name": token_hex()}).status == 201
    return replace(api, claims=None).get(LABELS)


class TestAFailure:
    def test_costs_one_try_and_the_writer_answers(
        self, api: Client, follow: Follow, logs: list[dict[str, str]], capfd: pytest.CaptureFixture[str]
    ) -> None:
        with listening(answers=True) as (url, taken), follow(url):
            answer = read_labels(api)
            assert (answer.status, len(answer.json()), len(taken)) == (200, 1, 1)
        [said] = [line for line in logs if line["level"] != "INFO"]
        assert (said["message"], said["reason"]) == (AGAIN, "ReaderFailure")
        told = Counted(NAMESPACE, "ReaderFailure", (("service", NAME), ("stage", "local")))
        assert list(counted(capfd.readouterr().out)) == [told]

    def test_is_followed_by_a_pause_that_doubles(
        self, api: Client, follow: Follow, now: SimpleNamespace
    ) -> None:
        with listening(answers=True) as (url, taken), follow(url):
            pause = FIRST_PAUSE
            for tries in range(1, 8):
                for _ in range(3):
                    assert read_labels(api).status == 200
                assert len(taken) == tries
                now.seconds += pause / 2
                assert not replica().backoff.is_over
                now.seconds += pause / 2
                pause = min(2 * pause, LONGEST_PAUSE)

    def test_is_forgotten_with_the_next_answer(
        self, api: Client, cluster: Cluster, follow: Follow, now: SimpleNamespace
    ) -> None:
        with follow(cluster.app_url):
            for _ in range(4):
                replica().backoff.note_failure()
            now.seconds += LONGEST_PAUSE
            assert read_labels(api).status == 200
            replica().backoff.note_failure()
            now.seconds += FIRST_PAUSE
            assert replica().backoff.is_over

    def test_is_not_waited_for_as_long_as_the_proxy_does(
        self, api: Client, follow: Follow, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """It takes the connection, and says nothing."""
        waits = parse(ROOT / "infra/stacks/proxy.yaml")["Resources"]["Targets"]["Properties"]
        assert waits["ConnectionPoolConfigurationInfo"]["ConnectionBorrowTimeout"] > readers.TIMEOUT
        monkeypatch.setattr(readers, "TIMEOUT", 0.05)
        with listening(answers=False) as (url, taken), follow(url):
            assert read_labels(api).status == 200
            assert len(taken) == 1

    def test_may_be_a_schema_that_it_does_not_have_yet(
        self, api: Client, cluster: Cluster, follow: Follow
    ) -> None:
        with follow(cluster.app_url.replace(f"/{IDENTIFIER}", "/postgres")):
            assert read_labels(api).status == 200
            assert not replica().backoff.is_over

    def test_without_time_for_another_try_is_503(self, api: Client, follow: Follow) -> None:
        late = replace(api, run=lambda operation, event: handler_of(operation)(event, Context(9_999)))
        with listening(answers=True) as (url, _), follow(url):
            answer = read_labels(late)
        assert (answer.status, answer.error) == (503, "service_unavailable")

    def test_is_nothing_to_readiness(self, api: Client, follow: Follow) -> None:
        """The API serves all the same."""
        with listening(answers=True) as (url, taken), follow(url):
            assert Client().get("/api/v1/health").status == 200
            assert taken == []
