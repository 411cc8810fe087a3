"""A real Postgres, migrated and with the app's own role, for every test that asks for one.

Each process of a run has a Postgres of its own; what `make build` makes is made once for all of them.
"""

import fcntl
import json
import logging
import os
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

from shared.database.engines import engine
from shared.identity import access_tokens, issuing, keys
from shared.identity.keys import FILE
from shared.models import map_all
from shared.models.users import User
from shared.redis.cache import memory
from shared.runtime.observability import logger
from shared.runtime.product import NAME, NAMESPACE
from shared.runtime.settings import settings

import pytest
import sqlalchemy as sa

from infra import domains
from infra.deployed.migrations import upgrade
from infra.deployed.migrations.bootstrap import create_roles
from infra.local import postgres
from infra.local.keys import ensure_key
from infra.local.postgres import Cluster
from tests.sample.models import SampleBase
from tests.support.artifact import Artifact, build
from tests.support.client import PAGE, ROOT, ROUTES, UNLIMITED, Client
from tests.support.document import operations
from tests.support.sample_domain import create_tables
from tests.support.scheduling import make_scheduler, turn_of

pytest_plugins = [f"tests.support.{name}" for name in ("document_coverage", "local_stack", "redis_server")]

os.environ |= {
    "JWT_ISSUER": "https://issuer.test",
    "JWT_AUDIENCE": NAME,
    "ALLOWED_ORIGINS": PAGE,
    "MAIL_FROM": "api@example.com",
    "POWERTOOLS_METRICS_NAMESPACE": NAMESPACE,
} | UNLIMITED
# What survives a crash is not asked of it; and no plan depends on when the statistics were last taken.
QUICK = {"fsync": "off", "full_page_writes": "off", "autovacuum": "off"}
FILLED_BY_A_MIGRATION = "address_keys"
logger()  # made here, since it prints for good where its maker's output goes: no single test's


@pytest.fixture(scope="session", autouse=True)
def scopes_of_the_sample_domain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Services may have them, as if the sample domain were a folder of functions/."""
    from accounts import service_schemas

    functions = tmp_path_factory.mktemp("functions")
    for name in (*domains.names(), "sample"):
        (functions / name).mkdir()
        (functions / name / "__init__.py").touch()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(service_schemas, "FUNCTIONS", functions)
        service_schemas.known_scopes.cache_clear()
        yield


def pytest_configure() -> None:
    """A route without its place in the API document would fail some eighty tests."""
    written = {file.stem for file in (ROOT / "functions").glob("*/*.py")}
    missing = sorted({row["operation_id"] for row in ROUTES} & written - set(operations()))
    if missing:
        raise pytest.UsageError(f"docs/openapi.json lacks {', '.join(missing)}: run make docs, then test")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: turn_of(item.nodeid))
    for item in items:
        if item.get_closest_marker("artifact"):
            item.add_marker(pytest.mark.timeout(300))  # the first one waits for the build


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    return make_scheduler(config, log)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """The life of a deployment is read from its steps and from how long each took."""
    said = [each for some in terminalreporter.stats.values() for each in some]
    reports = [each for each in said if isinstance(each, pytest.TestReport) and each.when == "call"]
    steps = [each for each in reports if "test_life.py" in each.nodeid]
    for step in sorted(steps, key=lambda each: each.start):
        name = step.nodeid.partition("::test_")[2].replace("_", " ")
        terminalreporter.write_line(f"{step.duration:6.1f} s  {step.outcome}  {name}")


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with postgres.cluster(tmp_path_factory.mktemp("postgres"), settings=QUICK) as running:
        create_roles(running.owner_url, running.app_password)
        upgrade(running.owner_url)
        create_tables(running.owner_url)
        os.environ["DATABASE_URL"] = running.app_url
        yield running
        engine().dispose()


@pytest.fixture(scope="session")
def owner(cluster: Cluster) -> Iterator[sa.Engine]:
    """Its one connection is kept, since to sign in takes longer than most tests do."""
    engine = sa.create_engine(cluster.owner_url, pool_pre_ping=True)
    yield engine
    engine.dispose()


@cache
def _emptying() -> sa.TextClause:
    """A twentieth of what TRUNCATE takes, which makes every table's files anew."""
    tables = SampleBase.metadata.sorted_tables + map_all().sorted_tables
    emptied = (table.name for table in tables if table.name != FILLED_BY_A_MIGRATION)
    deletes = " ".join(f"DELETE FROM {name};" for name in emptied)
    return sa.text(
        f"DO $$ BEGIN SET LOCAL session_replication_role = replica; {deletes}"
        " PERFORM setval(format('%I', sequencename)\\:\\:regclass, 1, false) FROM pg_sequences"
        " WHERE last_value IS NOT NULL; END $$"
    )


@pytest.fixture
def db(owner: sa.Engine) -> Iterator[sa.Connection]:
    """The owner's connection, every table empty; what a test looks at or breaks the database with."""
    with owner.connect() as connection:
        connection.execute(_emptying())
        connection.commit()
        memory.cache_clear()  # ids begin anew
        yield connection


type NewUser = Callable[..., Client]


@pytest.fixture
def new_user(db: sa.Connection) -> NewUser:
    """Makes a user's row and gives a client that the gateway has authenticated as them."""

    def make(username: str, **columns: Any) -> Client:
        row = {"username": username, "username_key": username.lower(), **columns}
        user_id = db.scalar(sa.insert(User).values(row).returning(User.id))
        db.commit()
        return Client().as_user(user_id)

    return make


@pytest.fixture
def api(new_user: NewUser) -> Client:
    """A client over a database that holds nothing but its user, whose id is 1."""
    return new_user("demo")


@pytest.fixture(scope="session")
def key_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("issuer") / "key.pem"
    ensure_key(file)
    return file


def forget_keys() -> None:
    for kept in (settings, keys.signing_key, issuing.issuer, access_tokens.issuer_keys):
        kept.cache_clear()


@pytest.fixture
def signing_key(key_file: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The functions of this process sign with a key file."""
    monkeypatch.setenv("SIGNING_KEY", f"{FILE}{key_file}")
    forget_keys()
    yield key_file
    monkeypatch.undo()
    forget_keys()


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that `make build` fills, for this machine's architecture."""
    run = tmp_path_factory.getbasetemp()
    run = run.parent if "PYTEST_XDIST_WORKER" in os.environ else run
    folder, done = run / "build", run / "build.done"
    with (run / "build.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            build(folder)
            done.touch()
    return folder


@pytest.fixture(scope="session")
def artifact(built: Path, cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Artifact]:
    environment = {name: os.environ[name] for name in ("DATABASE_URL", "JWT_ISSUER", "JWT_AUDIENCE")}
    environment["DATABASE_LOGIN"] = "plain"
    running = Artifact(built, tmp_path_factory.mktemp("artifact"), environment)
    yield running
    running.stop()


@pytest.fixture
def logs() -> Iterator[list[dict[str, Any]]]:
    """What the functions log while the test runs."""
    records = _Records()
    formatter = logger().registered_formatter
    records.setFormatter(formatter)
    inner = logging.getLogger(logger().name)
    inner.addHandler(records)
    yield records.lines
    inner.removeHandler(records)


class _Records(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.lines: list[dict[str, Any]] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(json.loads(self.format(record)))
