"""The check before a canary: it calls the new version once and reports the result to CodeDeploy.

botocore answers for CodeDeploy and Lambda in their own shapes; the version is the real handler.
"""

import io
import json
from types import SimpleNamespace
from typing import Any

from shared.models import map_all

import boto3
import pytest
import sqlalchemy as sa
from botocore.response import StreamingBody
from botocore.stub import ANY, Stubber

import check_release
from infra.emulator.cloudformation import Resolver
from infra.emulator.template_yaml import parse
from tests.support.client import ROOT, handler_of, route_for
from tests.support.redis_server import SetEnv

RELEASE = parse(ROOT / "infra/stacks/release.yaml")
VALUES = {name: name.removesuffix("Function") for name in RELEASE["Parameters"]} | {"SignInIsOurs": "true"}
EXECUTION = {"DeploymentId": "d-1", "LifecycleEventHookExecutionId": "e-1"}


def calls(**given: str) -> dict[str, Any]:
    """By function; here each bears the name of its parameter."""
    variables = RELEASE["Resources"]["CheckReleaseFunction"]["Properties"]["Environment"]["Variables"]
    resolver = Resolver(VALUES | given, RELEASE["Conditions"], {})
    return dict(json.loads(str(resolver.resolve(variables["CALLS"]))))


class Cloud:
    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        keys = {"region_name": "eu-north-1", "aws_access_key_id": "x", "aws_secret_access_key": "x"}
        self.clients = {name: boto3.client(name, **keys) for name in ("codedeploy", "lambda")}  # type: ignore[call-overload]
        self.stubs = {name: Stubber(client) for name, client in self.clients.items()}
        for stub in self.stubs.values():
            stub.activate()
        monkeypatch.setattr(check_release, "boto3", SimpleNamespace(client=self.clients.__getitem__))
        monkeypatch.setenv("CALLS", json.dumps(calls()))

    def deploys(self, function: str, key: str = "appSpecContent") -> None:
        properties = {"Name": function, "Alias": "live", "CurrentVersion": "1", "TargetVersion": "2"}
        resource = {"Type": "AWS::Lambda::Function", "Properties": properties}
        content = json.dumps({"version": 0.0, "Resources": [{function: resource}]})
        revision = {"revisionType": key[0].upper() + key[1:], key: {"content": content}}
        info = {"deploymentInfo": {"deploymentId": "d-1", "revision": revision}}
        self.stubs["codedeploy"].add_response("get_deployment", info, {"deploymentId": "d-1"})

    def answers(self, function: str, answer: Any, **more: str) -> None:
        body = json.dumps(answer).encode()
        told = {"StatusCode": 200, "Payload": StreamingBody(io.BytesIO(body), len(body))} | more
        asked = {"FunctionName": function, "Qualifier": "2", "Payload": ANY}
        self.stubs["lambda"].add_response("invoke", told, asked)

    def run(self, status: str) -> None:
        told = {"deploymentId": "d-1", "lifecycleEventHookExecutionId": "e-1", "status": status}
        self.stubs["codedeploy"].add_response("put_lifecycle_event_hook_execution_status", {}, told)
        check_release.handler(EXECUTION, None)
        for stub in self.stubs.values():
            stub.assert_no_pending_responses()


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Cloud:
    return Cloud(monkeypatch)


def rows(db: sa.Connection) -> list[Any]:
    return [db.execute(sa.select(table)).all() for table in map_all().sorted_tables]


@pytest.mark.parametrize("function", calls())
def test_a_version_that_answers_by_the_contract_is_used_and_nothing_changes(
    cloud: Cloud, db: sa.Connection, function: str
) -> None:
    method, path, _ = calls()[function]
    before = rows(db)
    answer = handler_of(route_for(method, path)["operation_id"])(check_release.call(method, path), None)
    assert rows(db) == before
    cloud.deploys(function)
    cloud.answers(function, answer)
    cloud.run("Succeeded")


@pytest.mark.parametrize("function", ["Login", "Refresh"])
def test_behind_an_edge_the_check_is_let_in(set_env: SetEnv, function: str) -> None:
    """It comes by no CloudFront; else no release would ever be used."""
    set_env(ORIGIN_SECRET=f"{'n' * 32},{'f' * 32}")
    method, path, status = calls()[function]
    handler = handler_of(route_for(method, path)["operation_id"])
    assert handler(check_release.call(method, path), None)["statusCode"] == status


@pytest.mark.parametrize(
    ("answer", "more"),
    [
        ({"statusCode": 500, "body": "{}"}, {}),
        ({"errorType": "Runtime.ImportModuleError"}, {"FunctionError": "Unhandled"}),
        ({"statusCode": 200, "body": "[]"}, {"FunctionError": "Unhandled"}),
        (None, {}),
    ],
)
def test_a_version_that_fails_or_answers_otherwise_is_not_used(
    cloud: Cloud, answer: Any, more: dict[str, str]
) -> None:
    cloud.deploys("Login")
    cloud.answers("Login", answer, **more)
    cloud.run("Failed")


def test_an_older_kind_of_revision_is_read_too(cloud: Cloud) -> None:
    cloud.deploys("Login", "string")
    cloud.answers("Login", {"statusCode": 422, "body": "[]"})
    cloud.run("Succeeded")


def test_codedeploy_is_answered_whatever_happens(cloud: Cloud) -> None:
    cloud.stubs["codedeploy"].add_client_error("get_deployment", "AccessDeniedException")
    cloud.run("Failed")


def test_a_stack_without_sign_in_of_its_own_checks_the_rest() -> None:
    assert set(calls()) - set(calls(SignInIsOurs="false")) == {"Login", "Refresh"}
