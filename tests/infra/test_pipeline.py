"""The pipeline's role trusts one environment, and makes no role that could do more than ours do."""

import json
import re
from pathlib import Path
from typing import Any

from shared.runtime.product import NAME

import pytest

from infra.emulator.template_yaml import of_type, parse
from tests.infra.test_release import with_canary
from tests.infra.test_template import PIPELINE, TEMPLATES, Resources, statements, translated

BOUNDED = {"Fn::If": ["Bounded", {"Ref": "PermissionsBoundary"}, {"Ref": "AWS::NoValue"}]}
LONGEST = (
    6144  # characters of a managed policy, without white space (IAM user guide, "IAM and AWS STS quotas")
)


SERVICE_ROLES = {"iam:CreateServiceLinkedRole", "iam:GetRole"}
# These delete things that have no name of ours. CloudFormation alone can write the first tag of `OWN`.
DELETES = {
    "kms:ScheduleKeyDeletion",
    *(
        f"ec2:Delete{each}"
        for each in ("RouteTable", "SecurityGroup", "Subnet", "Tags", "Vpc", "VpcEndpoints")
    ),
}
OWN = [
    {"StringLike": {"aws:ResourceTag/aws:cloudformation:stack-name": {"Fn::Sub": "${Product}-${Stage}-*"}}},
    {"StringEquals": {f"aws:ResourceTag/{NAME}-stage": {"Ref": "Stage"}}},
]


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
        condition = statement.get("Condition", {})
        found |= {action for action in actions if action.endswith("*")}
        if "iam:CreateRole" in actions and statement.get("Condition") != {
            "StringEquals": {"iam:PermissionsBoundary": {"Ref": "Boundary"}}
        }:
            found.add("roles without bounds")
        if any(action.startswith("iam:") for action in actions):
            ours = ("${Product}-${Stage}-*", "role/aws-service-role/")
            found |= {"everybody's roles" for each in where if not any(own in str(each) for own in ours)}
        if "iam:CreateServiceLinkedRole" in actions and set(condition) != {"StringEquals"}:
            found.add("every service's role")
        if any("aws-service-role" in str(each) for each in where) and not set(actions) <= SERVICE_ROLES:
            found.add("changes of a service's role")
        for deletes in DELETES & set(actions):
            if condition not in OWN:
                found.add(f"everybody's: {deletes}")
        found |= {"everybody's artifacts" for each in where if "s3:::" in str(each)}
        if any("hostedzone/*" in str(each) for each in where):
            found.add("everybody's names")
        if "*" in where and statement.get("Sid") != "NamelessThings" and condition not in OWN:
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
        ("iam:CreateServiceLinkedRole", {"Condition": {}}, "every service's role"),
        ("iam:CreateServiceLinkedRole", {"Action": ["iam:DeleteRole"]}, "changes of a service's role"),
        ("s3:PutObject", {"Resource": "arn:aws:s3:::aws-sam-cli-managed-default-*"}, "everybody's artifacts"),
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


@pytest.mark.parametrize("action", sorted(DELETES))
def test_a_right_to_delete_what_another_stage_made_is_seen(action: str) -> None:
    resources = pipeline()
    listed(statement_with(resources, action)["Action"]).remove(action)
    statement_with(resources, "ec2:CreateTags")["Action"].append(action)
    assert faults(resources) == {f"everybody's: {action}"}


def test_a_key_bears_the_tag_by_which_its_stage_may_delete_it() -> None:
    keys = [key for _, key in of_type(translated(PIPELINE.parent / "identity.yaml"), "AWS::KMS::Key")]
    assert len(keys) == 2
    assert all(
        key["Tags"] == [{"Key": {"Fn::Sub": "${Product}-stage"}, "Value": {"Ref": "Stage"}}] for key in keys
    )


@pytest.mark.parametrize(
    ("repository", "fits"),
    [
        ("owner/name", True),
        ("owner@1/name@23", True),
        ("owner@1/name", False),
        ("owner/name@23", False),
        ("owner/*", False),
        ("owner/name:ref:refs/heads/main", False),
    ],
)
def test_the_role_trusts_one_repository_in_either_form_of_its_name(repository: str, fits: bool) -> None:
    """Newer repositories send their numbers, which nobody can take over (GitHub's changelog, 2026-04-23)."""
    allowed = parse(PIPELINE)["Parameters"]["Repository"]["AllowedPattern"]
    assert bool(re.fullmatch(allowed, repository)) == fits


def test_a_second_stage_uses_the_accounts_provider() -> None:
    """An account has one for GitHub; a second one with its address is refused."""
    source = parse(PIPELINE)
    assert source["Conditions"]["MakeProvider"] == {"Fn::Equals": [{"Ref": "OidcProvider"}, ""]}
    assert source["Resources"]["Provider"]["Condition"] == "MakeProvider"
    assert source["Resources"]["Provider"]["DeletionPolicy"] == "Retain"
    [trust] = pipeline()["DeployRole"]["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {
        "Federated": {"Fn::If": ["MakeProvider", {"Ref": "Provider"}, {"Ref": "OidcProvider"}]}
    }


@pytest.mark.parametrize("file", [PIPELINE, TEMPLATES[0]], ids=lambda file: file.name)
def test_a_stages_name_leaves_room_in_the_names_of_roles(file: Path) -> None:
    allowed = parse(file)["Parameters"]["Stage"]["AllowedPattern"]
    assert re.fullmatch(allowed, "s" * 12)
    assert not re.fullmatch(allowed, "s" * 13)
