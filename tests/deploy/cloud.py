"""A cloud on one machine: deploys to it, reads it and changes it as an operator does."""

import json
import os
import signal
import subprocess
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from shared.runtime.product import NAME

import boto3
import sqlalchemy as sa

from infra.local.postgres import Cluster
from tests.deploy.environment import REGION
from tests.support.artifact import HOST_ARCHITECTURE
from tests.support.client import MAIL, ROOT

STACK = f"{NAME}-test"
STAGE = "test"
PARAMETERS = {
    "Stage": STAGE,
    "Architecture": HOST_ARCHITECTURE,
    "Cache": "valkey",
    "RateLimit": "0",
    "SignInRateLimit": "0",
    "Zones": f"{REGION}a,{REGION}b",
    "AccountPages": "https://app.example.com/account",
    **MAIL,
}

# As prod has it; nobody is there to confirm anything.
CONFIGURATION = """
[{stage}.global.parameters]
stack_name = "{stack}"

[{stage}.deploy.parameters]
capabilities = ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]
resolve_s3 = true
confirm_changeset = true
fail_on_empty_changeset = false
parameter_overrides = "{parameters}"
"""


@dataclass
class Cloud:
    project: Path
    port: int
    ministack: "subprocess.Popen[bytes]"
    environment: dict[str, str]
    cluster: Cluster
    parameters: dict[str, str] = field(default_factory=lambda: dict(PARAMETERS))
    tokens: dict[str, str] = field(default_factory=dict)

    def client(self, service: str) -> Any:
        return boto3.client(
            service,
            region_name=REGION,
            endpoint_url=f"http://127.0.0.1:{self.port}",
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )

    def deploy(self) -> str:
        """`make deploy`, as an operator's pipeline runs it. What it says is the error where it fails."""
        deployed, said = self.try_deploy()
        assert deployed, said[-6000:]
        return said

    def try_deploy(self) -> tuple[bool, str]:
        self._configure()
        return self.make("deploy")

    def make(self, target: str) -> tuple[bool, str]:
        """Whether it succeeded, and what it said."""
        silent, operator = os.pipe()  # an input that neither speaks nor ends
        try:
            done = subprocess.run(
                ["make", target, f"STAGE={STAGE}"],
                cwd=self.project,
                env=self.environment,
                stdin=silent,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                check=False,
            )
        finally:
            os.close(silent)
            os.close(operator)
        return done.returncode == 0, done.stdout

    def _configure(self) -> None:
        """Parameters change in samconfig.toml."""
        given = " ".join(f"{name}={value}" for name, value in self.parameters.items())
        own = CONFIGURATION.format(stage=STAGE, stack=STACK, parameters=given)
        (self.project / "samconfig.toml").write_text((ROOT / "samconfig.toml").read_text() + own)

    def edit(self, file: str, old: str, new: str) -> None:
        """Change a file of the project."""
        path = self.project / file
        text = path.read_text()
        assert old in text, f"{file} does not hold {old!r}"
        path.write_text(text.replace(old, new))

    def live(self) -> dict[str, dict[str, Any]]:
        """Each function's configuration behind `live`."""
        functions = self.client("lambda")
        names = [
            each["FunctionName"]
            for page in functions.get_paginator("list_functions").paginate()
            for each in page["Functions"]
        ]
        return {  # the job functions have no alias
            name: functions.get_function_configuration(FunctionName=name, Qualifier="live")
            for name in names
            if functions.list_aliases(FunctionName=name)["Aliases"]
        }

    def hours_pass(self) -> None:
        """Gateways keep an issuer's keys for two hours, and an access token lives for half of one."""
        self.ministack.send_signal(signal.SIGUSR1)
        self.tokens.clear()

    def delete(self) -> None:
        formation = self.client("cloudformation")
        formation.delete_stack(StackName=STACK)
        formation.get_waiter("stack_delete_complete").wait(StackName=STACK, WaiterConfig={"Delay": 1})

    def rows(self, query: str, database: str = "") -> list[tuple[object, ...]]:
        url = self.cluster.owner_url
        url = f"{url.rpartition('/')[0]}/{database}" if database else url
        with sa.create_engine(url, poolclass=sa.NullPool).connect() as db:
            return [tuple(row) for row in db.execute(sa.text(query))]

    def execute(self, statement: str) -> None:
        """Outside a transaction, as CREATE DATABASE wants it."""
        engine = sa.create_engine(self.cluster.owner_url, poolclass=sa.NullPool, isolation_level="AUTOCOMMIT")
        with engine.connect() as db:
            db.execute(sa.text(statement))

    def outputs(self) -> dict[str, str]:
        [stack] = self.client("cloudformation").describe_stacks(StackName=STACK)["Stacks"]
        return {each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]}

    def sign_in(self, username: str) -> str:
        """An access token, by the API alone: registered at first sight."""
        if username not in self.tokens:
            account = {"username": username, "password": "correct horse battery"}
            email = {"email": f"{username}@example.com"}
            status, answer = self.call("POST", "/api/v1/auth/register", account | email, user=None)
            assert status == 201 or answer["error"] == "username_exists", answer
            status, pair = self.call("POST", "/api/v1/auth/login", account, user=None)
            assert status == 200, pair
            self.tokens[username] = pair["access_token"]
        return self.tokens[username]

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        user: str | None = "demo",
        url: str = "",
        **fields: str,
    ) -> tuple[int, Any]:
        """At `url`, else where the stack says that it answers; `fields` are further headers."""
        headers = {"Content-Type": "application/json", **fields}
        if user:
            headers["Authorization"] = f"Bearer {self.sign_in(user)}"
        request = urllib.request.Request(
            (url or self.outputs()["ApiUrl"]) + path,
            method=method,
            headers=headers,
            data=json.dumps(body).encode() if body is not None else None,
        )
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, json.loads(answer.read() or b"null")  # a 204 has no body
        except urllib.error.HTTPError as answer:
            return answer.code, json.load(answer)
