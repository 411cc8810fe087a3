"""A cloud on one machine: ministack, a real Postgres behind pgbouncer with TLS, and a copy of the project."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from shared.runtime.product import IDENTIFIER

from infra.deployed.migrations.bootstrap import APP_ROLE
from infra.local import postgres
from infra.local.postgres import free_port
from tests.deploy.cloud import Cloud
from tests.deploy.environment import clean_environment, operator
from tests.integration.conftest import make_authority, pgbouncer
from tests.support.client import ROOT

MINISTACK = ROOT / ".ministack/bin/python"
# An address of this run's own, since the templates' port is 5432.
DATABASE_HOST = f"127.77.{os.getpid() // 250 % 250}.{os.getpid() % 250 + 1}"


@contextmanager
def running_cloud(folder: Path) -> Iterator[Cloud]:
    authority = make_authority(folder / "authority")
    rules = folder / "pg_hba.conf"
    rules.write_text("host all all 127.0.0.1/32 trust\n")  # what an IAM token is worth, only AWS can say
    (folder / "pooler").mkdir()
    with (
        postgres.cluster(folder / "postgres", settings={"hba_file": str(rules)}) as cluster,
        pgbouncer(
            folder / "pooler",
            authority,
            DATABASE_HOST,
            5432,
            cluster,
            {IDENTIFIER: "", APP_ROLE: ""},
            {"auth_type": "trust", "default_pool_size": 10},
            own_sessions=[IDENTIFIER],  # the migration goes to the cluster itself
        ),
    ):
        port = free_port()
        with ministack(folder, port, str(authority.file)) as process:
            project = copy_project(folder / "the project")  # with a space, as a home folder may have
            shutil.copy(authority.file, project / "infra/deployed/layers/rds-ca.pem")
            yield Cloud(project, port, process, operator(folder, port), cluster)


@contextmanager
def ministack(folder: Path, port: int, ca_file: str) -> Iterator[subprocess.Popen[bytes]]:
    own = {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "PATH": f"{ROOT / '.venv/bin'}:{os.environ['PATH']}",  # where the functions' Python is
        "GATEWAY_PORT": str(port),
        "BIND_HOST": "127.0.0.1",
        "MINISTACK_HOST": "127.0.0.1",
        "IOT_MTLS_ENABLED": "0",
        "DATABASE_HOST": DATABASE_HOST,
        "SSL_CERT_FILE": ca_file,  # a proxy's certificate is from a public CA
    }
    with (folder / "ministack.log").open("wb") as log:
        process = subprocess.Popen(
            [MINISTACK, ROOT / "tests/deploy/ministack_server.py"],
            cwd=folder,
            env=clean_environment() | own,
            stdout=log,
            stderr=log,
        )
    try:
        while not listens(port):
            assert process.poll() is None, (folder / "ministack.log").read_text()
            time.sleep(0.1)
        yield process
    finally:
        process.terminate()
        process.wait()


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def copy_project(folder: Path) -> Path:
    made_here = [line.rstrip("/") for line in (ROOT / ".gitignore").read_text().split()]
    shutil.copytree(ROOT, folder, ignore=shutil.ignore_patterns(".git", *made_here))
    for installed in (".venv", ".uv"):
        (folder / installed).symlink_to(ROOT / installed)
    for asked in ("requirements.lock", ".python-version"):
        os.utime(folder / asked, (0, 0))  # else make could install anew, under this copy's name
    return folder
