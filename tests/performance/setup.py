"""The common ground of all sides: one Postgres over TLS, one event, an interpreter without packages."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from shared.runtime.product import NAME

import sqlalchemy as sa

from infra.deployed.migrations import upgrade
from infra.deployed.migrations.bootstrap import APP_ROLE, create_roles
from infra.emulator.model import Function
from infra.emulator.python import Python, clean_python
from infra.emulator.template import load
from infra.local import postgres
from infra.local.postgres import Cluster
from infra.tools.names import function_of
from tests.integration.conftest import Authority, make_authority
from tests.performance.events import ISSUER, READ
from tests.performance.progress import step
from tests.support import artifact
from tests.support.client import ROOT, UNLIMITED

PEERS = Path(__file__).parent / "peers"
PEER_PACKAGES = ROOT / ".bench/packages"
# RDS takes a token as the password; this server accepts every TLS client, so that each side signs one.
ACCESS = (
    f"hostssl all {APP_ROLE} 127.0.0.1/32 trust\n"
    "hostssl all by_password 127.0.0.1/32 password\n"
    "host all all 127.0.0.1/32 scram-sha-256\n"
)
ROWS = f"""
    INSERT INTO users (username, username_key) VALUES ('demo', 'demo');
    INSERT INTO items (name, description) SELECT 'item ' || n, 'what it is' FROM generate_series(1, 100) n;
    INSERT INTO authors (name) VALUES ('author');
    INSERT INTO categories (name) VALUES ('category');
    INSERT INTO books (title, author, isbn, published_date, author_id)
        VALUES ('title', 'author', '9780000000002', '2026-01-01', 1);
    INSERT INTO book_categories (book_id, category_id) VALUES (1, 1);
    CREATE ROLE by_password LOGIN PASSWORD 'token' IN ROLE {APP_ROLE};
"""


@dataclass(frozen=True)
class Contestant:
    """A handler, what it is imported from, and the event (JSON) that it gets; it sees nothing else."""

    name: str
    module: str
    path: tuple[Path, ...]
    event: str = READ
    database: str = postgres.DATABASE
    login: str = APP_ROLE
    environment: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Ground:
    scratch: Path
    python: Python
    cluster: Cluster
    authority: Authority

    @cached_property
    def build(self) -> Path:
        step("make build")
        artifact.build(self.scratch / "build")
        return self.scratch / "build"

    def start(
        self, contestant: Contestant, *, under: tuple[str, ...] = (), port: int | None = None
    ) -> subprocess.Popen[str]:
        """The contestant in a fresh process that waits at its standard input after the first call.

        `port`: the database's, where another one stands before it.
        """
        event = self.scratch / f"{hash(contestant.event)}.json"
        event.write_text(contestant.event)
        script = Path(__file__).with_name("invoke.py")
        server = f"{contestant.login}@localhost:{port or self.cluster.port}"
        environment = {
            **UNLIMITED,
            **dict(contestant.environment),
            "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
            "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_SESSION_TOKEN": "session" * 120,
            "AWS_DEFAULT_REGION": "eu-west-1",
            "AWS_EXECUTION_ENV": "AWS_Lambda_python3.13",
            "AWS_LAMBDA_FUNCTION_NAME": "bench",
            "AWS_REGION": "eu-west-1",
            "DATABASE_CA_FILE": str(self.authority.file),
            "DATABASE_LOGIN": "plain" if ":" in contestant.login else "iam",
            "DATABASE_URL": f"postgresql://{server}/{contestant.database}",
            "HOME": str(self.scratch),
            "JWT_AUDIENCE": NAME,
            "JWT_ISSUER": ISSUER,
            "LANG": "en_US.UTF-8",
            "PATH": os.environ["PATH"],
            "PYTHONHASHSEED": "0",  # so that instructions can be compared
            "PYTHONPATH": os.pathsep.join(map(str, (*contestant.path, *self.python.path))),
        }
        return subprocess.Popen(
            [*under, *self.python.command, str(script), contestant.module, str(event)],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )

    @cached_property
    def functions(self) -> Mapping[str, Function]:
        return load(self.build / "template.yaml", ISSUER, {}, {}).functions

    def ours(
        self,
        operation: str = "get_item",
        event: str = READ,
        variables: Mapping[str, str] = UNLIMITED,
        **options: Any,
    ) -> Contestant:
        """The built function, in the environment that the built template gives it, but for `variables`."""
        function = self.functions[function_of(operation)]
        path = (function.code, *(layer / "python" for layer in function.layers))
        environment = tuple(sorted((function.environment | dict(variables)).items()))
        module = function.handler.removesuffix(".handler")
        return Contestant(NAME, module, path, event, environment=environment, **options)

    def monolith(self) -> Contestant:
        return Contestant("monolith of all our routes", "monolith", (PEERS, *self.ours().path))


def peer(name: str, module: str, event: str = READ, **environment: str) -> Contestant:
    return Contestant(
        name, module, (PEERS, PEER_PACKAGES), event, environment=tuple(sorted(environment.items()))
    )


def told(process: subprocess.Popen[str]) -> dict[str, Any]:
    """The next line of figures. Errors: the process' own words, where it has ended."""
    assert process.stderr is not None
    line = process.stderr.readline()
    if not line.startswith("{"):
        sys.exit(f"{process.args}: {line}{process.stderr.read()}")
    figures: dict[str, Any] = json.loads(line)
    return figures


@contextmanager
def ground(scratch: Path) -> Iterator[Ground]:
    step("a Postgres over TLS")
    authority = make_authority(scratch / "authority")
    certificate, key = authority.issue("localhost")
    rules = scratch / "pg_hba.conf"
    rules.write_text(ACCESS)
    tls = {"ssl": "on", "ssl_cert_file": str(certificate), "ssl_key_file": str(key), "hba_file": str(rules)}
    with migrated(scratch / "postgres", tls) as cluster:
        execute(cluster.owner_url, ROWS)
        yield Ground(scratch, clean_python(scratch), cluster, authority)


@contextmanager
def migrated(folder: Path, settings: Mapping[str, str] | None = None) -> Iterator[Cluster]:
    """Its writes are not waited for: they are as fast on every disk."""
    with postgres.cluster(folder, settings={"fsync": "off", **(settings or {})}) as cluster:
        create_roles(cluster.owner_url, cluster.app_password)
        upgrade(cluster.owner_url)
        yield cluster


def execute(url: str, statements: str) -> None:
    engine = sa.create_engine(url, poolclass=sa.NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as db:
        for statement in statements.split(";")[:-1]:
            db.execute(sa.text(statement))
