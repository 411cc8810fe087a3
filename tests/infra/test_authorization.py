"""Each statement's actions fit its resources. AWS never allows an action under an ARN of another type.

`service_authorization.json` is an extract of AWS's Service Authorization Reference. An action without a
resource type has an empty list there. Add the line of a new action from that reference.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.infra.test_pipeline import listed, ours, pipeline, statement_with
from tests.infra.test_template import EDGE, Resources, statements, translated
from tests.support.client import ROOT

REFERENCE = json.loads((ROOT / "tests/infra/service_authorization.json").read_text())
# CloudFormation user guide, "Control access with IAM": the reference itself leaves transforms out.
TRANSFORM = "arn:x:cloudformation:x:aws:transform/Serverless-2016-10-31"
TYPES = {"AWS::S3::Bucket": "arn:x:s3:::x", "AWS::IAM::ManagedPolicy": "arn:x:iam::x:policy/x"}


def never_allowed(resources: Resources) -> set[str]:
    """The actions that stand under ARNs of which none is of a type that AWS checks the action against."""
    found = set()
    for name, statement in statements(resources):
        where = statement.get("Resource", "*")
        if "Principal" in statement or where == "*" or resources[name]["Type"] == "AWS::KMS::Key":
            continue
        arns = [arn for each in listed(where) for arn in named(each, resources)]
        for action in listed(statement["Action"]):
            if not any(is_checked(action, arn) for arn in arns):
                found.add(action)
    return found


def named(value: Any, resources: Resources) -> Iterator[str | None]:
    """The ARN with each variable as an x, None where another stack gives it."""
    match value:
        case str():
            yield value
        case {"Fn::Sub": str(text)}:
            text = re.sub(r"\$\{(\w+)\.Arn\}", lambda found: TYPES[resources[found[1]]["Type"]], text)
            yield re.sub(r"\$\{[^}]+\}", "x", text)
        case {"Fn::GetAtt": [str(name), "Arn"]} | {"Ref": str(name)} if name in resources:
            yield TYPES.get(resources[name]["Type"])
        case {"Fn::If": [_, *both]}:
            for each in both:
                if each != {"Ref": "AWS::NoValue"}:
                    yield from named(each, resources)
        case _:
            yield None


def is_checked(action: str, arn: str | None) -> bool:
    service = action.partition(":")[0]
    types = [REFERENCE["resource types"].get(f"{service}:{each}") for each in REFERENCE["actions"][action]]
    if arn is None:
        return types != []
    if arn == TRANSFORM:
        return action == "cloudformation:CreateChangeSet"
    wide = [arn.replace("*", each) for each in ("x", "x:x", "x/x")]
    return any(re.fullmatch(pattern(each), some) for each in types if each for some in wide)


def pattern(reference: str) -> str:
    return "|".join(".+".join(map(re.escape, re.split(r"\$\{\w+\}", each))) for each in reference.split(", "))


def test_no_statement_of_ours_is_without_effect() -> None:
    for resources in (*ours(), pipeline(), translated(EDGE)):
        assert never_allowed(resources) == set()


@pytest.mark.parametrize(
    ("beside", "action"),
    [
        ("rds:CreateDBCluster", "rds:CreateDBProxy"),
        ("codedeploy:CreateDeployment", "codedeploy:StopDeployment"),
        ("lambda:PublishLayerVersion", "lambda:CreateFunction"),  # of another type than the statement's
    ],
)
def test_an_action_that_its_statement_never_allows_is_seen(beside: str, action: str) -> None:
    resources = pipeline()
    statement_with(resources, beside)["Action"].append(action)
    assert never_allowed(resources) == {action}


def test_what_is_made_and_tagged_in_one_call_may_be_tagged_before_it_has_its_id() -> None:
    """RDS asks for the right to tag with `*` in place of the id of a proxy that is not made yet."""
    where = str(statement_with(pipeline(), "rds:AddTagsToResource")["Resource"])
    for kind in ("db-proxy", "db-proxy-endpoint", "target-group"):
        assert f":{kind}:*'" in where
