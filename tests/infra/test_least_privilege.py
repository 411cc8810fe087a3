"""Every needed right is granted, and no unused one. Each rule has a change that breaks it."""

import copy
import tomllib
from typing import Any

import pytest

from infra.emulator.template_yaml import of_type, parse
from infra.tools.deployment.samconfig import configuration
from tests.infra.test_redeployment import with_value
from tests.infra.test_template import TEMPLATES, Resources, statements, translated
from tests.support.client import ROOT

MAIN, SAMCONFIG = ROOT / "template.yaml", ROOT / "samconfig.toml"
STAGES = [name for name in tomllib.loads(SAMCONFIG.read_text()) if name not in ("version", "local")]
ANSWERS = "arn:${AWS::Partition}:s3:::cloudformation-custom-resource-response-${Region}/*"

type Source = dict[str, Any]


def small_databases(main: Source, database: Resources, prod: dict[str, str]) -> set[str]:
    """Sign-in by IAM takes 0.3 to 1 GiB, and a capacity unit is 2 GiB."""
    capacity = main["Parameters"]["MinCapacity"]
    [(_, cluster)] = of_type(database, "AWS::RDS::DBCluster")
    checks = {
        "the default": capacity["Default"] >= 1,
        "what is allowed": capacity.get("MinValue", 0) >= 1,
        "prod": float(prod.get("MinCapacity", capacity["Default"])) >= 2,
        "the cluster": cluster["ServerlessV2ScalingConfiguration"]["MinCapacity"] == {"Ref": "MinCapacity"},
    }
    return {name for name, holds in checks.items() if not holds}


def zones_of_nobodys_choice(main: Source, network: Resources) -> set[str]:
    """Aurora serverless, RDS Proxy and Lambda each lack some of a region's zones."""
    found = set()
    for (name, subnet), zone in zip(
        of_type(network, "AWS::EC2::Subnet"), ("FirstZone", "SecondZone", "ThirdZone"), strict=True
    ):
        chosen = subnet["AvailabilityZone"]
        chosen = chosen["Fn::If"][1] if "Fn::If" in chosen else chosen
        if chosen != {"Ref": zone}:
            found.add(name)
    demanded = [assertion["Assert"] for assertion in main["Rules"]["Production"]["Assertions"]]
    unnamed = [{"Fn::Equals": [{"Ref": name}, ""]} for name in ("VpcId", "Zones")]
    return found if {"Fn::Not": [{"Fn::And": unnamed}]} in demanded else found | {"prod"}


def unused_rights_to_s3(resources: Resources) -> set[str]:
    """Nothing of ours reads or writes S3: CloudFormation's custom resources are answered there, no more."""
    found = set()
    for name, statement in statements(resources):
        actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
        of_s3 = [action for action in actions if action.startswith("s3:")]
        resource = statement.get("Resource", {})
        answers = isinstance(resource, dict) and resource.get("Fn::Sub", [""])[0] == ANSWERS
        if of_s3 and not (of_s3 == ["s3:PutObject"] and answers):
            found.add(name)
    return found


def unread_caches(given: dict[str, dict[str, str]], code: str) -> set[str]:
    """Stages that pay for a cache which no function reads."""
    return (
        set()
        if "redis" in code
        else {name for name, each in given.items() if each.get("Cache", "none") != "none"}
    )


def code() -> str:
    """The functions' own, without the settings, where a variable has its name."""
    files = [file for folder in ("functions", "shared") for file in (ROOT / folder).rglob("*.py")]
    return "\n".join(file.read_text() for file in files if file.name != "settings.py")


def prod() -> dict[str, str]:
    return configuration("prod", SAMCONFIG).parameters


def database() -> Resources:
    return translated(ROOT / "infra/stacks/database.yaml")


def network() -> Resources:
    return translated(ROOT / "infra/stacks/network.yaml")


def test_a_database_has_memory_for_sign_in_by_iam() -> None:
    assert small_databases(parse(MAIN), database(), prod()) == set()


@pytest.mark.parametrize(
    ("name", "value", "found"),
    [("Default", 0.5, "the default"), ("MinValue", 0.5, "what is allowed")],
)
def test_a_parameter_for_too_little_memory_is_seen(name: str, value: float, found: str) -> None:
    main = copy.deepcopy(parse(MAIN))
    main["Parameters"]["MinCapacity"][name] = value
    assert small_databases(main, database(), prod()) == {found}


def test_a_stage_or_a_cluster_with_too_little_memory_is_seen() -> None:
    assert small_databases(parse(MAIN), database(), {"MinCapacity": "1"}) == {"prod"}
    fixed = database()
    with_value(0.5, "Cluster", "Properties", "ServerlessV2ScalingConfiguration", "MinCapacity")(fixed)
    assert small_databases(parse(MAIN), fixed, prod()) == {"the cluster"}


def test_zones_can_be_chosen_and_are_in_production() -> None:
    assert zones_of_nobodys_choice(parse(MAIN), network()) == set()


def test_a_zone_that_nobody_chose_is_seen() -> None:
    main, by_number = parse(MAIN), network()
    place = ("SubnetB", "Properties", "AvailabilityZone")
    with_value({"Fn::Select": [1, {"Fn::GetAZs": ""}]}, *place)(by_number)
    assert zones_of_nobodys_choice(main, by_number) == {"SubnetB"}
    twice = network()
    with_value({"Ref": "FirstZone"}, *place)(twice)
    assert zones_of_nobodys_choice(main, twice) == {"SubnetB"}
    lax = copy.deepcopy(main)
    lax["Rules"]["Production"]["Assertions"].pop()
    assert zones_of_nobodys_choice(lax, network()) == {"prod"}


@pytest.mark.parametrize("file", TEMPLATES, ids=lambda file: file.name)
def test_nobody_has_a_right_to_s3_that_nothing_uses(file: Any) -> None:
    assert unused_rights_to_s3(translated(file)) == set()


def test_a_right_to_s3_that_nothing_uses_is_seen() -> None:
    everything = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"}
    reads = network()
    reads["S3Endpoint"]["Properties"]["PolicyDocument"]["Statement"].append(everything)
    assert unused_rights_to_s3(reads) == {"S3Endpoint"}
    anywhere = network()
    anywhere["S3Endpoint"]["Properties"]["PolicyDocument"]["Statement"][0]["Resource"] = "*"
    assert unused_rights_to_s3(anywhere) == {"S3Endpoint"}
    roles = translated(ROOT / "infra/stacks/roles.yaml")
    roles["Logs"]["Properties"]["PolicyDocument"]["Statement"][0]["Action"].append("s3:ListBucket")
    assert unused_rights_to_s3(roles) == {"Logs"}


def test_no_stage_pays_for_a_cache_that_nothing_reads() -> None:
    given = {name: configuration(name, SAMCONFIG).parameters for name in STAGES}
    assert set(given) == {"default", "staging", "nightly", "prod"}
    assert unread_caches(given, code()) == set()


def test_a_cache_that_nothing_reads_is_seen() -> None:
    given = {"default": {"Stage": "dev"}, "prod": prod() | {"Cache": "valkey"}}
    assert unread_caches(given, "def handler(event, context): ...") == {"prod"}
    assert unread_caches(given, "redis.Redis.from_url(settings().redis_url)") == set()


def test_in_production_environments_share_their_limits_and_cache() -> None:
    assert prod()["Cache"] == "valkey"
