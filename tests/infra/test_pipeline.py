"""The pipeline's role trusts one environment, and makes no role that could do more than ours do."""

import json
from typing import Any

import pytest

from infra.emulator.sam import of_type, parse
from tests.infra.test_release import with_canary
from tests.infra.test_template import PIPELINE, TEMPLATES, Resources, statements, translated

BOUNDED = {"Fn::If": ["Bounded", {"Ref": "PermissionsBoundary"}, {"Ref": "AWS::NoValue"}]}
LONGEST = (
    6144  # characters of a managed policy, without white space (IAM user guide, "IAM and AWS STS quotas")
)


def ours() -> list[Resources]:
    return [with_canary("true"), *(translated(file) for file in TEMPLATES[1:])]


def pipeline() -> Resources:
    return translated(PIPELINE)


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def unbounded(resources: Resources) -> set[str]:
    roles = of_type(resources, "AWS::IAM::Role")
    return {name for name, role in roles if role.get("PermissionsBoundary") != BOUNDED}


def test_every_role_of_ours_can_be_bounded() -> None:
    for resources in ours():
        assert unbounded(resources) == set()
    for file in TEMPLATES[1:]:
        source = parse(file)
        if "AWS::IAM::Role" in str(source["Resources"]):
            given = {"Fn::Not": [{"Fn::Equals": [{"Ref": "PermissionsBoundary"}, ""]}]}
            assert source["Conditions"]["Bounded"] == given, file.name


def test_a_role_without_bounds_is_seen() -> None:
    roles = translated(TEMPLATES[0].parent / "infra/stacks/roles.yaml")
    del roles["MetaRole"]["Properties"]["PermissionsBoundary"]
    assert unbounded(roles) == {"MetaRole"}


def used() -> set[str]:
    """What our roles' own policies allow, all together."""
    return {
        action
        for resources in ours()
        for name, statement in statements(resources)
        if resources[name]["Type"].startswith("AWS::IAM::") and "Principal" not in statement
        for action in listed(statement["Action"])
    }


def bounds(resources: Resources) -> set[str]:
    [statement] = resources["Boundary"]["Properties"]["PolicyDocument"]["Statement"]
    return set(statement["Action"])


def test_the_bounds_are_what_our_roles_do_and_no_more() -> None:
    assert bounds(translated(PIPELINE)) == used()


def faults(resources: Resources) -> set[str]:
    found = set()
    [trust] = resources["DeployRole"]["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    if trust["Condition"] != {
        "StringEquals": {
            "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
            "token.actions.githubusercontent.com:sub": {"Fn::Sub": "repo:${Repository}:environment:${Stage}"},
        }
    }:
        found.add("trust")
    for name, statement in statements(resources):
        if "Principal" in statement or name == "Boundary":
            continue
        actions, where = listed(statement["Action"]), listed(statement["Resource"])
        found |= {action for action in actions if action.endswith("*")}
        if "iam:CreateRole" in actions and statement.get("Condition") != {
            "StringEquals": {"iam:PermissionsBoundary": {"Ref": "Boundary"}}
        }:
            found.add("roles without bounds")
        if any(action.startswith("iam:") for action in actions):
            found |= {"everybody's roles" for each in where if "routewise-${Stage}-*" not in str(each)}
        if any("hostedzone/*" in str(each) for each in where):
            found.add("everybody's names")
        if "*" in where and statement.get("Sid") != "NamelessThings":
            found.add("everything")
    for name, policy in of_type(resources, "AWS::IAM::ManagedPolicy"):
        if len(json.dumps(policy["PolicyDocument"], separators=(",", ":"))) > LONGEST:
            found.add(f"{name} is too long")
    return found


def test_the_pipelines_role_may_do_what_it_takes() -> None:
    resources = pipeline()
    assert faults(resources) == set()
    assert not any("iam:DeleteRolePermissionsBoundary" in str(each) for _, each in statements(resources))


def statement_with(resources: Resources, action: str) -> dict[str, Any]:
    return next(each for _, each in statements(resources) if action in listed(each["Action"]))


@pytest.mark.parametrize(
    ("action", "change", "found"),
    [
        (
            "sts:AssumeRoleWithWebIdentity",
            {"Condition": {"StringLike": {"token.actions.githubusercontent.com:sub": "repo:*"}}},
            "trust",
        ),
        ("iam:CreateRole", {"Condition": {}}, "roles without bounds"),
        ("iam:DeleteRole", {"Resource": "arn:aws:iam::123456789012:role/*"}, "everybody's roles"),
        ("lambda:CreateFunction", {"Resource": "*"}, "everything"),
        (
            "route53:ChangeResourceRecordSets",
            {"Resource": "arn:aws:route53:::hostedzone/*"},
            "everybody's names",
        ),
        ("rds:CreateDBCluster", {"Action": ["rds:*"]}, "rds:*"),
    ],
)
def test_a_role_that_may_do_more_is_seen(action: str, change: dict[str, Any], found: str) -> None:
    resources = pipeline()
    statement_with(resources, action).update(change)
    assert faults(resources) == {found}


def test_roles_are_handed_to_the_services_that_ours_trust() -> None:
    trusting = {
        statement["Principal"]["Service"]
        for resources in ours()
        for _, role in of_type(resources, "AWS::IAM::Role")
        for statement in role["AssumeRolePolicyDocument"]["Statement"]
    }
    passed = statement_with(pipeline(), "iam:PassRole")["Condition"]["StringEquals"]["iam:PassedToService"]
    assert set(passed) == trusting


def test_each_service_of_our_templates_is_reached() -> None:
    types = {resource["Type"] for resources in ours() for resource in resources.values()}
    services = {name.split("::")[1].lower() for name in types if name.startswith("AWS::")}
    services = {{"apigatewayv2": "apigateway"}.get(name, name) for name in services}
    actions = {
        action.partition(":")[0] for _, each in statements(pipeline()) for action in listed(each["Action"])
    }
    assert services - actions == set()
