"""Names in AWS stay within AWS's lengths, with the longest name of the API, stage and generation."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER

from infra.emulator.cloudformation import Resolver
from infra.emulator.template_yaml import parse
from infra.tools.development.product_name import MAX_LENGTH, longest_stage
from tests.support.client import ROOT

TEMPLATES = [ROOT / "template.yaml", *sorted((ROOT / "infra/stacks").glob("*.yaml"))]
# What the schemas leave out. Sources: API references of ElastiCache, RDS, SES, WAF and CloudWatch.
LIMITS = {
    ("AWS::ElastiCache::ServerlessCache", "ServerlessCacheName"): 40,
    ("AWS::ElastiCache::User", "UserId"): 40,
    ("AWS::ElastiCache::User", "UserName"): 120,
    ("AWS::ElastiCache::UserGroup", "UserGroupId"): 40,
    ("AWS::RDS::DBCluster", "DatabaseName"): 63,
    ("AWS::RDS::DBCluster", "MasterUsername"): 16,
    ("AWS::RDS::DBProxy", "DBProxyName"): 63,
    ("AWS::RDS::DBProxyEndpoint", "DBProxyEndpointName"): 63,
    ("AWS::SES::ConfigurationSet", "Name"): 64,
    ("AWS::WAFv2::WebACL", "Name"): 128,
    ("AWS::CloudWatch::Dashboard", "DashboardName"): 255,
    ("AWS::KMS::Key", "Description"): 8192,
    ("AWS::RDS::DBClusterParameterGroup", "Description"): 255,
    ("AWS::RDS::DBSubnetGroup", "DBSubnetGroupDescription"): 255,
}
SAM = {"AWS::Serverless::LayerVersion": "AWS::Lambda::LayerVersion"}


def limit(kind: str, name: str) -> int | None:
    kind = SAM.get(kind, kind)
    if (kind, name) in LIMITS or not kind.startswith("AWS::") or kind.startswith("AWS::Serverless"):
        return LIMITS.get((kind, name))
    schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", kind).schema
    return schema["properties"].get(name, {}).get("maxLength")


def names(template: Path, product: str) -> Iterator[tuple[str, str, str]]:
    """Each property with the API's name in it, as it would be: its resource's type, its name, its value."""
    source = parse(template)
    stage = "s" * longest_stage("n" * MAX_LENGTH)
    values = {"Product": product, "Stage": stage, "NetworkGeneration": "g" * 8, "Cluster": "cluster"}
    conditions = {each: {"Fn::Equals": ["", ""]} for each in source.get("Conditions", {})}
    if "Restored" in conditions:
        conditions["Restored"] = {"Fn::Equals": ["", "no"]}
    resolver = Resolver(values, conditions, {})
    for resource in source["Resources"].values():
        for name, value in resource.get("Properties", {}).items():
            resolved = resolver.resolve(value)
            if isinstance(resolved, str) and re.search(product.replace("-", "[-_]"), resolved):
                yield resource["Type"], name, resolved


def too_long(product: str) -> set[str]:
    found = set()
    for template in TEMPLATES:
        for kind, name, value in names(template, product):
            allowed = limit(kind, name)
            if allowed is not None and len(value) > allowed:
                found.add(f"{kind}.{name}")
    return found


def test_the_longest_name_fits_everywhere() -> None:
    assert too_long("sixteen-letters1") == set()


def test_a_longer_name_would_not() -> None:
    assert too_long("seventeen-letters") == {"AWS::RDS::DBCluster.MasterUsername"}


def test_the_length_of_each_name_is_known() -> None:
    unknown = {
        (kind, name)
        for template in TEMPLATES
        for kind, name, _ in names(template, "acme-api")
        if limit(kind, name) is None
    }
    assert unknown == set()


@pytest.mark.parametrize(("name", "stage"), [("ab", 12), ("nine-char", 12), ("sixteen-letters1", 7)])
def test_a_stage_leaves_room_for_the_name_in_a_roles_name(name: str, stage: int) -> None:
    assert longest_stage(name) == stage
    assert len(f"{name}-{'s' * stage}-") <= 25


def test_the_stages_of_the_settings_go_with_the_longest_name() -> None:
    stages = re.findall(r"\bStage=(\w+)", (ROOT / "samconfig.toml").read_text())
    assert max(map(len, stages)) <= longest_stage("n" * MAX_LENGTH)
