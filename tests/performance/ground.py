"""What every contestant stands on: one Postgres over TLS, one event, an interpreter without packages."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from infra.emulator.python import Python, clean_python
from infra.local import postgres
from infra.migrations import upgrade
from infra.migrations.bootstrap import create_roles
from tests.client import ROOT, make_event
from tests.integration.conftest import make_authority

PEERS = Path(__file__).parent / "peers"
PEER_PACKAGES = ROOT / ".bench/packages"
# RDS takes a token as the password; here whoever comes over TLS is let in, so that each side signs one.
ACCESS = "hostssl all routewise_app 127.0.0.1/32 trust\nhost all all 127.0.0.1/32 scram-sha-256\n"
ROWS = """
    INSERT INTO users (username, username_key) VALUES ('demo', 'demo');
    INSERT INTO items (name, description) SELECT 'item ' || n, 'what it is' FROM generate_series(1, 100) n;
"""


@dataclass(frozen=True)
class Contestant:
    """A handler, what it is imported from, and the event that it gets; its interpreter sees nothing else."""

    name: str
    module: str
    path: tuple[Path, ...]
    event: str = "read"
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Ground:
    scratch: Path
    build: Path
    python: Python
    database_url: str
    ca_file: Path

    def start(self, contestant: Contestant, *, under: tuple[str, ...] = ()) -> subprocess.Popen[str]:
        """The contestant in a fresh process that waits at its standard input after the first call."""
        event = self.scratch / f"{contestant.event}.json"
        script = Path(__file__).with_name("invoke.py")
        command = [*under, *self.python.command, str(script), contestant.module, str(event)]
        environment = {
            "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
            "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_SESSION_TOKEN": "session" * 120,
            "AWS_DEFAULT_REGION": "eu-west-1",
            "AWS_EXECUTION_ENV": "AWS_Lambda_python3.13",
            "AWS_LAMBDA_FUNCTION_NAME": "bench",
            "AWS_REGION": "eu-west-1",
            "DATABASE_CA_FILE": str(self.ca_file),
            "DATABASE_LOGIN": "iam",
            "DATABASE_URL": self.database_url,
            "HOME": str(self.scratch),
            "JWT_AUDIENCE": "routewise",
            "JWT_ISSUER": "https://issuer.test",
            "LANG": "en_US.UTF-8",
            "PATH": os.environ["PATH"],
            "PYTHONHASHSEED": "0",  # so that instructions can be compared
            "PYTHONPATH": os.pathsep.join(str(folder) for folder in (*contestant.path, *self.python.path)),
            **contestant.environment,
        }
        return subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )

    def monolith(self) -> Contestant:
        return Contestant("monolith", "monolith", (PEERS, *self.ours().path))

    def ours(self, operation: str = "get_item", event: str = "read") -> Contestant:
        function = "".join(word.capitalize() for word in operation.split("_")) + "Function"
        layers = (self.build / "PackagesLayer/python", self.build / "SharedLayer/python")
        [module] = (self.build / function).glob(f"*/{operation}.py")
        name = f"{module.parent.name}.{operation}"
        return Contestant("routewise", name, (self.build / function, *layers), event)


def peer(module: str, event: str = "read", **environment: str) -> Contestant:
    return Contestant(module, module, (PEERS, PEER_PACKAGES), event, environment)


def told(process: subprocess.Popen[str]) -> dict[str, Any]:
    """The next line of figures. Errors: the process' own words, where it has ended."""
    assert process.stderr is not None
    line = process.stderr.readline()
    if not line.startswith("{"):
        sys.exit(f"{process.args}: {line}{process.stderr.read()}")
    figures: dict[str, Any] = json.loads(line)
    return figures


@contextmanager
def ground(build: Path, scratch: Path) -> Iterator[Ground]:
    authority = make_authority(scratch / "authority")
    certificate, key = authority.issue("localhost")
    rules = scratch / "pg_hba.conf"
    rules.write_text(ACCESS)
    options = {"ssl": "on", "ssl_cert_file": certificate, "ssl_key_file": key, "hba_file": rules}
    options_text = {name: str(value) for name, value in options.items()}
    with postgres.cluster(scratch / "postgres", settings=options_text) as cluster:
        create_roles(cluster.owner_url, cluster.app_password)
        upgrade(cluster.owner_url)
        with sa.create_engine(cluster.owner_url, poolclass=sa.NullPool).begin() as db:
            for statement in ROWS.split(";")[:-1]:
                db.execute(sa.text(statement))
        claims = {"sub": "1", "iss": "https://issuer.test", "aud": "routewise", "type": "access"}
        read = make_event("GET", "/api/v1/items/{id}", "/api/v1/items/7", claims=claims)
        (scratch / "read.json").write_text(json.dumps(read))
        (scratch / "health.json").write_text(json.dumps(make_event("GET", "/health", "/health")))
        url = f"postgresql://routewise_app@localhost:{cluster.port}/routewise"
        yield Ground(scratch, build, clean_python(scratch), url, authority.file)
