"""A cloud on one machine: ministack, a real Postgres behind pgbouncer with TLS, and a copy of the project."""

import json
import os
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3

from infra.local import postgres
from infra.local.keys import Issuer, ensure_key
from infra.local.postgres import Cluster
from tests.client import ROOT
from tests.integration.conftest import make_authority, pgbouncer
from tests.local.conftest import free_port

EMULATOR = ROOT / ".ministack/bin/python"
SAM = ROOT / ".venv/bin/sam"
# An address of this run's own, since the templates' port is 5432.
DATABASE_HOST = f"127.77.{os.getpid() // 250 % 250}.{os.getpid() % 250 + 1}"
STACK = "routewise-test"
PARAMETERS = ("Stage=test", "Architecture=x86_64", "SnapStart=all", "Cache=valkey", "Zones=3")


@dataclass
class Cloud:
    project: Path
    port: int
    environment: dict[str, str]
    cluster: Cluster
    key_file: Path

    def client(self, service: str) -> Any:
        return boto3.client(
            service,
            region_name="us-east-1",
            endpoint_url=f"http://127.0.0.1:{self.port}",
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )

    def deploy(self) -> None:
        """As an operator does it. What SAM says is the error where it fails."""
        self._sam("build")
        self._sam(
            "deploy",
            *(
                "--stack-name",
                STACK,
                "--resolve-s3",
                "--no-confirm-changeset",
                "--no-fail-on-empty-changeset",
            ),
            *("--capabilities", "CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"),
            *("--parameter-overrides", *PARAMETERS),
        )

    def _sam(self, *arguments: str) -> None:
        done = subprocess.run(
            [SAM, *arguments],
            cwd=self.project,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout[-6000:]

    def outputs(self) -> dict[str, str]:
        [stack] = self.client("cloudformation").describe_stacks(StackName=STACK)["Stacks"]
        return {each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]}

    def call(self, method: str, path: str, body: Any = None, user: str | None = "demo") -> tuple[int, Any]:
        outputs = self.outputs()
        headers = {"Content-Type": "application/json"}
        if user:
            token = Issuer(outputs["Issuer"], "routewise", self.key_file).access_token(user)
            headers["Authorization"] = f"Bearer {token}"
        request = urllib.request.Request(
            outputs["ApiUrl"] + path,
            method=method,
            headers=headers,
            data=json.dumps(body).encode() if body is not None else None,
        )
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as answer:
            return answer.code, json.load(answer)


@contextmanager
def running_cloud(folder: Path) -> Iterator[Cloud]:
    authority = make_authority(folder / "authority")
    key_file = folder / "issuer-key.pem"
    ensure_key(key_file)
    rules = folder / "pg_hba.conf"
    rules.write_text("host all all 127.0.0.1/32 trust\n")  # what an IAM token is worth, only AWS can say
    (folder / "pooler").mkdir()
    with (
        postgres.cluster(folder / "postgres", {"hba_file": str(rules)}) as cluster,
        pgbouncer(
            folder / "pooler",
            authority,
            DATABASE_HOST,
            5432,
            cluster,
            {"routewise": "", "routewise_app": ""},
            {"auth_type": "trust", "default_pool_size": 10},
        ),
    ):
        port = free_port()
        environment = os.environ | {
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
            "SAM_CLI_TELEMETRY": "0",
            "RDS_CA": authority.file.as_uri(),
        }
        for name in ("DATABASE_URL", "JWT_ISSUER", "JWT_AUDIENCE"):  # the functions get theirs by deployment
            environment.pop(name, None)
        with emulator(folder, port, environment, str(authority.file), str(key_file)):
            yield Cloud(copy_project(folder / "project"), port, environment, cluster, key_file)


@contextmanager
def emulator(
    folder: Path, port: int, environment: dict[str, str], ca_file: str, key_file: str
) -> Iterator[None]:
    own = {
        "GATEWAY_PORT": str(port),
        "BIND_HOST": "127.0.0.1",
        "MINISTACK_HOST": "127.0.0.1",
        "IOT_MTLS_ENABLED": "0",
        "DATABASE_HOST": DATABASE_HOST,
        "SSL_CERT_FILE": ca_file,  # a proxy's certificate is from a public CA
        "SIGNING_KEY_FILE": key_file,
    }
    with (folder / "emulator.log").open("wb") as log:
        process = subprocess.Popen(
            [EMULATOR, ROOT / "tests/deploy/emulator.py"],
            cwd=folder,
            env=environment | own,
            stdout=log,
            stderr=log,
        )
    try:
        while not listens(port):
            assert process.poll() is None, (folder / "emulator.log").read_text()
            time.sleep(0.1)
        yield
    finally:
        process.terminate()
        process.wait()


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def copy_project(folder: Path) -> Path:
    made_here = shutil.ignore_patterns(
        ".git", ".venv", ".uv", ".ministack", ".local", ".aws-sam", "__pycache__", ".*_cache"
    )
    shutil.copytree(ROOT, folder, ignore=made_here)
    return folder
