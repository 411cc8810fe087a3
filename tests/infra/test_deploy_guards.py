"""What `make deploy` refuses, given what CloudFormation would change."""

import pytest

from infra.emulator.template_yaml import parse
from infra.tools.deployment.deploy_guards import SUBNETS, refusals
from infra.tools.deployment.preview import Change, Plan
from tests.infra.test_template import named
from tests.support.client import ROOT

CLUSTER = "AWS::RDS::DBCluster"


def of(change: Change) -> list[str]:
    return refusals(Plan([change], {}, {}))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (Change("Database/Cluster", CLUSTER, "Remove"), "the database would be removed."),
        (
            Change("Database/Cluster", CLUSTER, "Modify", "True", frozenset({"StorageEncrypted"})),
            "the database would be replaced by an empty one (StorageEncrypted).",
        ),
        (
            Change("Database/Cluster", CLUSTER, "Modify", "Conditional", frozenset({"Engine"})),
            "the database may be replaced by an empty one (Engine).",
        ),
        (
            Change("Database/Cluster", CLUSTER, "Modify", "True", frozenset({"SnapshotIdentifier"})),
            "another DatabaseSnapshot, or none, would replace the database.",
        ),
        (
            Change("Database/Cluster", CLUSTER, "Modify", "True", frozenset({"SourceDBClusterIdentifier"})),
            "another DatabaseSource, or none, would replace the database.",
        ),
        (
            Change("Database/Cluster", CLUSTER, "Modify", "True", frozenset({"RestoreToTime"})),
            "another DatabaseSourceTime, or none, would replace the database.",
        ),
    ],
)
def test_the_database_is_neither_replaced_nor_removed(change: Change, sentence: str) -> None:
    assert of(change) == [f"Database/Cluster: {sentence}"]


@pytest.mark.parametrize(
    "change",
    [
        Change("Database/Cluster", CLUSTER, "Add"),
        Change(
            "Database/Cluster", CLUSTER, "Modify", "False", frozenset({"ServerlessV2ScalingConfiguration"})
        ),
        Change("Proxy/Proxy", "AWS::RDS::DBProxy", "Modify", "True", frozenset({"DBProxyName"})),
        Change("Network/SubnetC", "AWS::EC2::Subnet", "Add"),
        Change("Network/SubnetA", "AWS::EC2::Subnet", "Modify", "False", frozenset({"Tags"})),
        Change("Old/Function", "AWS::Lambda::Function", "Remove"),
    ],
)
def test_all_else_is_let_through(change: Change) -> None:
    assert of(change) == []


def test_a_subnet_stays_in_its_zone() -> None:
    """CloudFormation would make the new one first, with the same addresses, which the network refuses."""
    subnet = Change("Network/SubnetB", "AWS::EC2::Subnet", "Modify", "True", frozenset({"AvailabilityZone"}))
    assert of(subnet) == [
        "Network/SubnetB: its zone cannot change, as the new subnet needs the old addresses."
    ]


def test_the_databases_version_only_rises() -> None:
    before = {"DatabaseVersion": "17.9"}
    assert refusals(Plan([], before, {"DatabaseVersion": "17.10"})) == []
    assert refusals(Plan([], {}, before)) == [], "a stack from before there was the parameter"
    assert refusals(Plan([], before, {"DatabaseVersion": "17.7"})) == [
        "DatabaseVersion: 17.7 is earlier than 17.9, and RDS cannot downgrade a database."
    ]


@pytest.mark.parametrize("name", SUBNETS)
def test_other_subnets_take_another_generation(name: str) -> None:
    before = {name: "a", "NetworkGeneration": "1", "DatabaseUrl": "postgresql://existing"}
    [sentence] = refusals(Plan([], before, before | {name: "b"}))
    assert sentence == f"{name}: change NetworkGeneration too, which replaces the proxy and the cache."
    assert refusals(Plan([], before, before | {name: "b", "NetworkGeneration": "2"})) == []


def test_a_database_of_our_own_stays_in_its_network() -> None:
    before = {"VpcId": "", "NetworkGeneration": "1", "DatabaseUrl": ""}
    after = before | {"VpcId": "vpc-1", "NetworkGeneration": "2"}
    [sentence] = refusals(Plan([], before, after))
    assert sentence == "VpcId: the stack's own database cannot move to another network."


def test_every_parameter_that_the_subnets_follow_from_is_watched() -> None:
    given = parse(ROOT / "template.yaml")["Resources"]["Network"]["Properties"]["Parameters"]
    assert set(named(given)) - {"Product", "Stage", "DatabaseSecurityGroup"} == set(SUBNETS)
