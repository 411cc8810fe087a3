"""Functions that Lambda may make inactive are called once a week, and once more if the first call fails.

botocore answers for Lambda and CloudFormation in their own shapes; the functions' handlers are the real ones.
"""

import io
import json
import logging
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
import sqlalchemy as sa
from botocore.response import StreamingBody
from botocore.stub import Stubber

import wake_functions
from infra.emulator.template_yaml import of_type
from tests.infra.test_template import translated
from tests.operations.test_check_release import rows
from tests.support.client import ROOT, ROUTES, handler_of

STACK = "acme-dev"
INACTIVE = "The function is inactive and its VPC connection is no longer available."


class Cloud:
    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        keys = {"region_name": "eu-north-1", "aws_access_key_id": "x", "aws_secret_access_key": "x"}
        self.clients = {name: boto3.client(name, **keys) for name in ("cloudformation", "lambda")}  # type: ignore[call-overload]
        self.stubs = {name: Stubber(client) for name, client in self.clients.items()}
        for stub in self.stubs.values():
            stub.activate()
        self.pauses: list[float] = []
        monkeypatch.setattr(wake_functions, "boto3", SimpleNamespace(client=self.clients.__getitem__))
        monkeypatch.setattr(wake_functions.time, "sleep", self.pauses.append)
        monkeypatch.setenv("STACK", STACK)

    def has(self, **functions: dict[str, Any]) -> None:
        """A stack with these functions, by their configurations, and with one thing that is none."""
        there = [self._resource(name, "AWS::Lambda::Function") for name in functions]
        there.append(self._resource("Api", "AWS::ApiGatewayV2::Api"))
        self.stubs["cloudformation"].add_response(
            "list_stack_resources", {"StackResourceSummaries": there}, {"StackName": STACK}
        )
        for name, configuration in functions.items():
            asked = {"FunctionName": name, "Qualifier": "live"}
            self.stubs["lambda"].add_response("get_function_configuration", configuration, asked)

    def _resource(self, name: str, type_: str) -> dict[str, Any]:
        return {
            "LogicalResourceId": name,
            "PhysicalResourceId": name,
            "ResourceType": type_,
            "LastUpdatedTimestamp": "2026-01-01T00:00:00Z",
            "ResourceStatus": "CREATE_COMPLETE",
        }

    def answers(self, function: str) -> None:
        told = {"StatusCode": 200, "Payload": StreamingBody(io.BytesIO(b"{}"), 2)}
        self.stubs["lambda"].add_response("invoke", told, self._call(function))

    def sleeps(self, function: str) -> None:
        self.stubs["lambda"].add_client_error(
            "invoke", "ResourceNotReadyException", INACTIVE, 502, expected_params=self._call(function)
        )

    def _call(self, function: str) -> dict[str, Any]:
        return {"FunctionName": function, "Qualifier": "live", "Payload": wake_functions.EVENT}

    def run(self) -> dict[str, int]:
        told = wake_functions.handler({}, None)
        for stub in self.stubs.values():
            stub.assert_no_pending_responses()
        return told


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Cloud:
    return Cloud(monkeypatch)


IN_NETWORK = {"VpcConfig": {"VpcId": "vpc-1"}}
FROM_SNAPSHOT = {"SnapStart": {"ApplyOn": "PublishedVersions", "OptimizationStatus": "On"}}
NEITHER = {"VpcConfig": {"VpcId": ""}, "SnapStart": {"ApplyOn": "None", "OptimizationStatus": "Off"}}


def test_each_function_that_may_sleep_is_called_once(cloud: Cloud) -> None:
    cloud.has(Login=IN_NETWORK, Docs=FROM_SNAPSHOT, Health=NEITHER)
    cloud.answers("Login")
    cloud.answers("Docs")
    assert cloud.run() == {"called": 2, "asleep": 0}
    assert cloud.pauses == []


def test_one_that_the_call_woke_is_called_again_a_minute_later(cloud: Cloud) -> None:
    cloud.has(Login=IN_NETWORK, Rare=IN_NETWORK)
    cloud.answers("Login")
    cloud.sleeps("Rare")
    cloud.answers("Rare")
    assert cloud.run() == {"called": 2, "asleep": 0}
    assert cloud.pauses == [60]


def test_one_that_does_not_wake_up_is_an_error_in_the_log(
    cloud: Cloud, caplog: pytest.LogCaptureFixture
) -> None:
    cloud.has(Rare=IN_NETWORK)
    cloud.sleeps("Rare")
    cloud.sleeps("Rare")
    assert cloud.run() == {"called": 1, "asleep": 1}
    [said] = [each.getMessage() for each in caplog.records if each.levelno == logging.ERROR]
    assert said == "Rare does not wake up"


def in_the_network() -> list[str]:
    """The operations whose functions Lambda gives a network interface."""
    functions = of_type(translated(ROOT / "template.yaml"), "AWS::Lambda::Function")
    handlers = [each["Handler"] for _, each in functions if each["VpcConfig"] != {"Ref": "AWS::NoValue"}]
    return sorted({each.split(".")[1] for each in handlers} & {route["operation_id"] for route in ROUTES})


@pytest.mark.parametrize("operation", in_the_network())
def test_a_functions_own_code_answers_the_call_and_changes_nothing(
    db: sa.Connection, operation: str, caplog: pytest.LogCaptureFixture
) -> None:
    """It is no event of an API, so the function counts and looks up nothing, and no alarm rings."""
    before = rows(db)
    answer = handler_of(operation)(json.loads(wake_functions.EVENT), None)
    assert answer["statusCode"] == 400
    assert rows(db) == before
    assert caplog.records == []
