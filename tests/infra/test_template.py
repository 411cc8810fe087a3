"""What must hold of the templates once SAM has translated them; linters let each of these pass."""

import json
import pickle
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from infra.emulator.template_yaml import of_type, parse
from infra.tools.deployment.translation import defaults, translate
from tests.support.client import ROOT

PIPELINE = ROOT / "infra/stacks/pipeline.yaml"  # an administrator's: tests/infra/test_pipeline.py
EDGE = ROOT / "infra/stacks/edge.yaml"  # outside of the stack, in us-east-1: tests/infra/test_edge.py
TEMPLATES = [ROOT / "template.yaml", *sorted(set((ROOT / "infra/stacks").glob("*.yaml")) - {PIPELINE, EDGE})]
JOBS = ROOT / "infra/stacks/jobs.yaml"  # called by no alias: tests/infra/test_jobs.py
# Lambda's network interfaces have no name before they are made; the routes' own code is denied them.
# CodeDeploy reads alarms by a call that is about all of them, and knows no resource of a hook's answer, as
# X-Ray knows none of what is sent.
ANY_RESOURCE = {"AnswerCodeDeploy", "NetworkInterfaces", "ReadAlarms", "Traces"}

type Resources = dict[str, Any]


def translated(file: Path, **given: str) -> Resources:
    """A copy of one's own. Parameters that are not given have their defaults."""
    resources: Resources = pickle.loads(_translated(file, file.read_text(), frozenset(given.items())))
    return resources


@cache  # SAM takes a second for the main template
def _translated(file: Path, _: str, given: frozenset[tuple[str, str]]) -> bytes:
    parameters = defaults(parse(file))
    return pickle.dumps(translate(file, parameters | dict(given))["Resources"])


@pytest.fixture(scope="module", params=TEMPLATES, ids=lambda file: file.name)
def resources(request: pytest.FixtureRequest) -> Resources:
    return translated(request.param)


def statements(resources: Resources) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every statement of every policy, with the resource that it stands in."""
    for name, resource in resources.items():
        for found in _dicts(resource.get("Properties", {})):
            if found.get("Effect") == "Allow":
                yield name, found


def _dicts(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from _dicts(each)


def test_every_template_of_the_project_is_looked_at() -> None:
    nested = {
        ROOT / properties["Location"]
        for file in TEMPLATES
        for _, properties in of_type(parse(file)["Resources"], "AWS::Serverless::Application")
    }
    assert nested == set(TEMPLATES[1:])


def test_an_authorizer_that_cannot_be_made_fails_the_deployment(resources: Resources) -> None:
    apis = list(of_type(resources, "AWS::ApiGatewayV2::Api"))
    assert all(api["FailOnWarnings"] is True for _, api in apis)


def test_cors_is_never_open_to_all() -> None:
    [(_, api)] = of_type(translated(ROOT / "template.yaml"), "AWS::ApiGatewayV2::Api")
    cors = api["Body"]["x-amazon-apigateway-cors"]
    assert cors["allowOrigins"] == {"Fn::Split": [",", {"Ref": "AllowedOrigins"}]}
    assert not any("*" in str(value) for value in cors.values())
    assert "*" not in parse(ROOT / "template.yaml")["Parameters"]["AllowedOrigins"]["Default"]


def test_every_stage_is_throttled(resources: Resources) -> None:
    least = {
        name: each.get("MinValue", 0) for name, each in parse(ROOT / "template.yaml")["Parameters"].items()
    }
    for _, stage in of_type(resources, "AWS::ApiGatewayV2::Stage"):
        for name in ("ThrottlingBurstLimit", "ThrottlingRateLimit"):
            limit = stage["DefaultRouteSettings"][name]
            assert (least[limit["Ref"]] if isinstance(limit, dict) else limit) > 0


def test_no_policy_allows_all_actions_or_names_all_resources(resources: Resources) -> None:
    for name, statement in statements(resources):
        actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
        assert not [action for action in actions if "*" in action], name
        resources_named = statement.get("Resource")
        resources_named = resources_named if isinstance(resources_named, list) else [resources_named]
        if resources[name]["Type"] != "AWS::KMS::Key":  # a key's policy cannot name another key
            assert "*" not in resources_named or statement.get("Sid") in ANY_RESOURCE, name


def test_every_log_group_has_a_retention(resources: Resources) -> None:
    assert all(group["RetentionInDays"] for _, group in of_type(resources, "AWS::Logs::LogGroup"))


def test_no_secret_stands_in_a_template(resources: Resources) -> None:
    text = json.dumps(resources)
    assert not re.search(r"://[^/\s\"]+:[^/\s\"@]+@", text)
    assert not re.search(r'"[^"]*(Password|Secret|PrivateKey)[^"]*": *"[^"{]', text)


def test_every_route_calls_the_live_alias(resources: Resources) -> None:
    for _, api in of_type(resources, "AWS::ApiGatewayV2::Api"):
        for path, operations in api["Body"]["paths"].items():
            called = re.findall(r"functions/\$\{(\w+)\}/invocations", json.dumps(operations))
            assert called, path
            assert all(name.endswith("Aliaslive") for name in called), path


def test_timeouts_are_nested(resources: Resources) -> None:
    """Lock 5 s < statement 8 s < socket 10 s < function < gateway 30 s."""
    for name, function in of_type(resources, "AWS::Lambda::Function"):
        if function["Handler"].count(".") == 2:  # a route's; no gateway waits for infra/deployed/operations
            assert function["Timeout"] < 30, name
        if "DATABASE_URL" in function["Environment"]["Variables"]:
            assert function["Timeout"] > 10, name


def test_every_function_has_its_alias_and_keeps_no_old_version(resources: Resources) -> None:
    versions = dict(of_type(resources, "AWS::Lambda::Version"))
    behind = {
        versions[alias["FunctionVersion"]["Fn::GetAtt"][0]]["FunctionName"]["Ref"]
        for _, alias in of_type(resources, "AWS::Lambda::Alias")
    }
    if resources != translated(JOBS):
        assert behind == {name for name, _ in of_type(resources, "AWS::Lambda::Function")}
    kept = [
        name
        for name, each in resources.items()
        if each["Type"] == "AWS::Lambda::Version" and each["DeletionPolicy"] != "Delete"
    ]
    assert kept == []


def test_every_function_writes_to_a_log_group_of_ours(resources: Resources) -> None:
    groups = {name for name, _ in of_type(resources, "AWS::Logs::LogGroup")}
    for name, function in of_type(resources, "AWS::Lambda::Function"):
        assert function["LoggingConfig"]["LogGroup"]["Ref"] in groups, name


def test_no_function_is_called_by_cloudformation_twice(resources: Resources) -> None:
    """An asynchronous call that fails is repeated, though CloudFormation has had its answer."""
    tokens = json.dumps([each.get("Properties", {}).get("ServiceToken") for each in resources.values()])
    for name, _ in of_type(resources, "AWS::Lambda::Function"):
        if f'"{name}' in tokens:
            [config] = [
                each
                for _, each in of_type(resources, "AWS::Lambda::EventInvokeConfig")
                if each["FunctionName"]["Ref"] == name
            ]
            assert config["MaximumRetryAttempts"] == 0


def test_no_resource_waits_for_itself(resources: Resources) -> None:
    """As it does where a function's environment names the API that calls the function."""
    needs = {name: set(named(resource)) & set(resources) for name, resource in resources.items()}
    while ready := {name for name, others in needs.items() if not others & set(needs)}:
        for name in ready:
            del needs[name]
    assert needs == {}


def named(value: Any) -> Iterator[str]:
    match value:
        case {"Ref": str(name)}:
            yield name
        case {"Fn::GetAtt": [str(name), *_]} | {"Fn::GetAtt": str(name)}:
            yield name.partition(".")[0]
        case {"Fn::Sub": [str(text), dict(values)]}:
            yield from re.findall(r"\$\{(\w+)", text)
            yield from named(values)
        case {"Fn::Sub": str(text)}:
            yield from re.findall(r"\$\{(\w+)", text)
        case dict():
            for name, each in value.items():
                yield from [each] if name == "DependsOn" and isinstance(each, str) else named(each)
        case list():
            for each in value:
                yield from named(each)


def test_limits_are_far(resources: Resources) -> None:
    for _, api in of_type(resources, "AWS::ApiGatewayV2::Api"):
        assert sum(len(operations) for operations in api["Body"]["paths"].values()) < 250
