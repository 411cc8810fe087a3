"""A gradual release: who moves in two steps, who looks on, and what the check before it may do."""

import copy
from functools import cache
from typing import Any

import pytest

from infra.emulator.cloudformation import Resolver
from infra.emulator.template_yaml import parse
from infra.tools.deployment.samconfig import configuration
from infra.tools.monitoring.alarms import BUILT_IN, MAIN_FUNCTIONS
from tests.infra.test_least_privilege import MAIN, SAMCONFIG, STAGES
from tests.infra.test_template import Resources, named, statements, translated
from tests.support.client import ROOT

FUNCTIONS = {f"{name}Function" for name in MAIN_FUNCTIONS}
RELEASE = ROOT / "infra/stacks/release.yaml"
READS = {"codedeploy:GetDeployment", "logs:CreateLogStream", "logs:PutLogEvents"}
TELLS = {"codedeploy:PutLifecycleEventHookExecutionStatus", "lambda:InvokeFunction"}


@cache
def with_canary(value: str) -> Resources:
    return dict(gradual(translated(MAIN, Canary=value)))


def outputs(name: str) -> dict[str, Any]:
    return {"Fn::GetAtt": ["Gradually", f"Outputs.{name}"]}


def gradual(value: Any) -> Any:
    """What is in force where the stack of those outputs is."""
    match value:
        case {"Fn::If": ["Gradual", there, _]}:
            return there
        case dict():
            return {name: gradual(each) for name, each in value.items()}
        case list():
            return [gradual(each) for each in value]
    return value


def unguarded(resources: Resources) -> set[str]:
    """Main functions that move at once, unchecked or unwatched, and what else moves in steps."""
    found = set()
    for name in FUNCTIONS:
        policy = resources[f"{name}Aliaslive"].get("UpdatePolicy", {}).get("CodeDeployLambdaAliasUpdate", {})
        group = resources.get(policy.get("DeploymentGroupName", {}).get("Ref", ""), {"Properties": {}})
        alarms = [outputs(f"{name.removesuffix('Function')}Errors"), outputs("ServerErrors")]
        wanted = {
            "AlarmConfiguration": {
                "Enabled": True,
                "Alarms": [{"Name": each} for each in alarms],
            },
            "ServiceRoleArn": outputs("DeployRole"),
        }
        if (
            policy.get("BeforeAllowTrafficHook") != outputs("Check")
            or any(group["Properties"].get(key) != value for key, value in wanted.items())
            or "Canary10Percent" not in str(group["Properties"].get("DeploymentConfigName"))
            or "DEPLOYMENT_STOP_ON_ALARM" not in group["Properties"]["AutoRollbackConfiguration"]["Events"]
            or group.get("Condition") != resources[name].get("Condition")
        ):
            found.add(name)
    moving = {name.removesuffix("Aliaslive") for name, each in resources.items() if "UpdatePolicy" in each}
    return found | (moving - FUNCTIONS)


def test_login_and_the_main_reads_move_in_two_steps_checked_and_watched() -> None:
    assert unguarded(with_canary("true")) == set()


def test_one_that_is_not_checked_or_watched_is_seen() -> None:
    def mutated(name: str, *path: str, value: Any = None) -> set[str]:
        resources = copy.deepcopy(with_canary("true"))
        inner = resources[name]
        for key in path[:-1]:
            inner = inner[key]
        inner[path[-1]] = value
        return unguarded(resources)

    def of_group(*path: str, value: Any = None) -> set[str]:
        return mutated("LoginFunctionDeploymentGroup", *path, value=value)

    policy = ("LoginFunctionAliaslive", "UpdatePolicy", "CodeDeployLambdaAliasUpdate")
    assert mutated(*policy, "BeforeAllowTrafficHook") == {"LoginFunction"}
    assert mutated(*policy, value={}) == {"LoginFunction"}
    another, made_by_sam = outputs("RefreshErrors"), {"Fn::GetAtt": ["CodeDeployServiceRole", "Arn"]}
    at_once = "CodeDeployDefault.LambdaAllAtOnce"
    assert of_group("Properties", "AlarmConfiguration", value={}) == {"LoginFunction"}
    assert of_group("Properties", "AlarmConfiguration", "Alarms", value=[{"Name": another}]) == {
        "LoginFunction"
    }
    assert of_group("Properties", "ServiceRoleArn", value=made_by_sam) == {"LoginFunction"}
    assert of_group("Properties", "DeploymentConfigName", value=at_once) == {"LoginFunction"}
    assert of_group("Condition") == {"LoginFunction"}
    assert mutated("HealthFunctionAliaslive", "UpdatePolicy", value={}) == {"HealthFunction"}


def test_without_the_parameter_nothing_of_it_is_there() -> None:
    resources = with_canary("false")
    assert [
        name for name, each in resources.items() if "UpdatePolicy" in each or "CodeDeploy" in each["Type"]
    ] == []
    source = parse(MAIN)
    assert source["Resources"]["Gradually"]["Condition"] == "Gradual"
    assert not Resolver({"Canary": "false"}, source["Conditions"], {}).holds("Gradual")


def test_production_moves_in_two_steps_and_everything_else_at_once() -> None:
    given = {name: configuration(name, SAMCONFIG).parameters.get("Canary", "false") for name in STAGES}
    assert [name for name, canary in given.items() if canary == "true"] == ["prod"]


def test_nothing_waits_for_itself() -> None:
    resources = with_canary("true") | {"Gradually": parse(MAIN)["Resources"]["Gradually"]}
    versions = {f"{name}.Version": f"{name}Version" for name in FUNCTIONS}
    needs = {
        name: {versions.get(each, each) for each in named(resource)} & set(resources)
        for name, resource in resources.items()
    }
    while ready := {name for name, others in needs.items() if not others & set(needs)}:
        for name in ready:
            del needs[name]
    assert needs == {}


def watching_something_else(release: Resources, given: dict[str, Any]) -> set[str]:
    """Alarms that do not look at the version to which a function moves."""
    found = set()
    for name in MAIN_FUNCTIONS:
        version = {"Fn::GetAtt": [f"{name}Function", "Version.Version"]}
        passed = given[f"{name}Version"]
        passed = passed["Fn::If"][1] if "Fn::If" in passed else passed
        alarm = release[f"{name}Errors"]
        dimensions = {each["Name"]: each["Value"] for each in alarm["Properties"]["Dimensions"]}
        if (
            passed not in (version, {"Fn::GetAtt": f"{name}Function.Version.Version"})
            or dimensions
            != {
                "FunctionName": {"Ref": f"{name}Function"},
                "Resource": {"Fn::Sub": f"${{{name}Function}}:live"},
                "ExecutedVersion": {"Ref": f"{name}Version"},
            }
            or (alarm.get("Condition") == "BuiltInIssuer") != (name in BUILT_IN)
        ):
            found.add(name)
    return found


def test_each_alarm_looks_at_the_version_that_comes() -> None:
    given = parse(MAIN)["Resources"]["Gradually"]["Properties"]["Parameters"]
    release = translated(RELEASE)
    assert watching_something_else(release, given) == set()
    every_version = copy.deepcopy(release)
    every_version["LoginErrors"]["Properties"]["Dimensions"].pop()
    assert watching_something_else(every_version, given) == {"Login"}
    another = given | {"RefreshVersion": given["LoginVersion"]}
    assert watching_something_else(release, another) == {"Refresh"}


def excess(release: Resources) -> set[str]:
    """What the check may do beyond reading a deployment, calling the main functions and telling of it."""
    found = set()
    for name, each in statements(release):
        if name == "CheckRole" and "Principal" not in each:
            actions = each["Action"] if isinstance(each["Action"], list) else [each["Action"]]
            found |= set(actions) - READS - TELLS
            arns = str(each["Resource"] if isinstance(each["Resource"], list) else "").split("Fn::Sub")[1:]
            if "lambda:InvokeFunction" in actions and not (
                arns and all("Function}:*" in arn for arn in arns)
            ):
                found.add("lambda:InvokeFunction")
    return found | ({"VpcConfig"} & set(release["CheckReleaseFunction"]["Properties"]))


def test_the_check_reads_and_is_outside_of_the_network() -> None:
    assert excess(translated(RELEASE)) == set()


@pytest.mark.parametrize("action", ["lambda:UpdateAlias", "rds-db:connect"])
def test_a_check_that_may_do_more_is_seen(action: str) -> None:
    release = translated(RELEASE)
    own = release["CheckRole"]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"]
    own.append({"Effect": "Allow", "Action": action, "Resource": "*"})
    assert excess(release) == {action}
    inside = translated(RELEASE)
    inside["CheckReleaseFunction"]["Properties"]["VpcConfig"] = {}
    assert excess(inside) == {"VpcConfig"}
    anything = translated(RELEASE)
    calls = anything["CheckRole"]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"][3]
    calls["Resource"] = ["arn:aws:lambda:eu-north-1:123456789012:function:acme-*"]
    assert excess(anything) == {"lambda:InvokeFunction"}
