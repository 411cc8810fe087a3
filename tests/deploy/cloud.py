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
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3

from infra.local import postgres
from infra.local.postgres import Cluster, free_port
from tests.artifact import HOST_ARCHITECTURE
from tests.client import ROOT
from tests.integration.conftest import make_authority, pgbouncer

EMULATOR = ROOT / ".ministack/bin/python"
SAM = ROOT / ".venv/bin/sam"
# An address of this run's own, since the templates' port is 5432.
DATABASE_HOST = f"127.77.{os.getpid() // 250 % 250}.{os.getpid() % 250 + 1}"
STACK = "routewise-test"
PARAMETERS = ("Stage=test", f"Architecture={HOST_ARCHITECTURE}", "SnapStart=all", "Cache=valkey", "Zones=3")


@dataclass
class Cloud:
    project: Path
    port: int
    environment: dict[str, str]
    cluster: Cluster
    tokens: dict[str, str] = field(default_factory=dict)

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
        self._sam("build", "--parameter-overrides", f"Architecture={HOST_ARCHITECTURE}")
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

    def sign_in(self, username: str) -> str:
        """An access token, by the API alone: registered at first sight."""
        if username not in self.tokens:
            account = {"username": username, "password": "correct horse battery"}
            email = {"email": f"{username}@example.com"}
            assert self.call("POST", "/api/v1/auth/register", account | email, user=None)[0] == 201
            status, pair = self.call("POST", "/api/v1/auth/login", account, user=None)
            assert status == 200, pair
            self.tokens[username] = pair["access_token"]
        return self.tokens[username]

    def call(self, method: str, path: str, body: Any = None, user: str | None = "demo") -> tuple[int, Any]:
        headers = {"Content-Type": "application/json"}
        if user:
            headers["Authorization"] = f"Bearer {self.sign_in(user)}"
        request = urllib.request.Request(
            self.outputs()["ApiUrl"] + path,
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
            "ARCHITECTURE": HOST_ARCHITECTURE,
            "PATH": f"{ROOT / '.venv/bin'}:{ROOT / '.uv/bin'}:{os.environ['PATH']}",
        }
        for name in ("DATABASE_URL", "JWT_ISSUER", "JWT_AUDIENCE"):  # the functions get theirs by deployment
            environment.pop(name, None)
        with emulator(folder, port, environment, str(authority.file)):
            project = copy_project(folder / "project")
            shutil.copy(authority.file, project / "infra/layers/rds-ca.pem")
            yield Cloud(project, port, environment, cluster)


@contextmanager
def emulator(folder: Path, port: int, environment: dict[str, str], ca_file: str) -> Iterator[None]:
    own = {
        "GATEWAY_PORT": str(port),
        "BIND_HOST": "127.0.0.1",
        "MINISTACK_HOST": "127.0.0.1",
        "IOT_MTLS_ENABLED": "0",
        "DATABASE_HOST": DATABASE_HOST,
        "SSL_CERT_FILE": ca_file,  # a proxy's certificate is from a public CA
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
