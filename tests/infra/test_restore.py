"""A database that begins with another one's data: what CloudFormation would send, and RDS take, for it.

No emulator restores a cluster. CloudFormation calls the restore, then ModifyDBCluster (CreateHandler.java and
Translator.java of aws-cloudformation-resource-providers-rds); which properties may stand beside which is in
the resource's documentation.
"""

import copy
from collections.abc import Callable
from functools import cache
from typing import Any

import botocore.session
import pytest

from infra.emulator.cloudformation import Resolver
from infra.emulator.template_yaml import of_type, parse
from tests.infra.test_redeployment import with_value
from tests.support.client import ROOT

DATABASE, MAIN = ROOT / "infra/stacks/database.yaml", ROOT / "template.yaml"
ARN = "arn:aws:rds:eu-north-1:000000000000:cluster-snapshot:old"
EMPTY, SNAPSHOT = {"Snapshot": "", "Source": "", "SourceTime": ""}, {"Snapshot": ARN}
PRODUCT = {"Product": "acme-api"}
LATEST, MOMENT = {"Source": "old"}, {"Source": "old", "SourceTime": "2026-11-21T08:30:00Z"}
# "If you specify the SnapshotIdentifier property to restore a DB cluster, then don't specify"; and cfn-lint.
NOT_BESIDE = {
    "GlobalClusterIdentifier",
    "MasterUsername",
    "MasterUserPassword",
    "ReplicationSourceIdentifier",
    "RestoreType",
    "SourceRegion",
    "StorageEncrypted",
}

type Template = dict[str, Any]


@cache
def taken_by(operation: str) -> set[str]:
    model = botocore.session.get_session().get_service_model("rds").operation_model(operation)
    return set(model.input_shape.members)


def cluster(template: Template, **given: str) -> dict[str, Any]:
    """The cluster's properties, for these parameters."""
    values = dict.fromkeys(template["Parameters"], "1") | PRODUCT | EMPTY | given
    [(_, properties)] = of_type(template["Resources"], "AWS::RDS::DBCluster")
    values |= {"Settings": "settings", "Subnets": "subnets"}
    resolved = Resolver(values, template["Conditions"], {}).resolve(properties)
    return {name: value for name, value in resolved.items() if value is not None}


def not_taken(template: Template) -> set[str]:
    """What would be lost without a word, or refused, when it is restored."""
    found = set()
    for given, operation in (
        (SNAPSHOT, "RestoreDBClusterFromSnapshot"),
        (LATEST, "RestoreDBClusterToPointInTime"),
        (MOMENT, "RestoreDBClusterToPointInTime"),
    ):
        names = set(cluster(template, **given))
        # Both are needed for a new one; a state of another cluster has that one's.
        found |= names - taken_by(operation) - taken_by("ModifyDBCluster") - {"Engine", "EngineVersion"}
        found |= names & NOT_BESIDE
    return found


def other_origins(template: Template) -> set[str]:
    """A database begins empty, with a snapshot, or with a cluster's state at one moment."""
    names = ("SnapshotIdentifier", "SourceDBClusterIdentifier", "RestoreToTime", "UseLatestRestorableTime")
    asked = {
        "empty": (EMPTY, (None, None, None, None)),
        "a snapshot": (SNAPSHOT, (ARN, None, None, None)),
        "the latest": (LATEST, (None, "old", None, True)),
        "a moment": (MOMENT, (None, "old", MOMENT["SourceTime"], None)),
    }
    return {
        name
        for name, (given, expected) in asked.items()
        if tuple(cluster(template, **given).get(each) for each in names) != expected
    }


def other_sign_ins(template: Template) -> set[str]:
    """By IAM from the start: a restored cluster has it off, and the migration signs in no other way."""
    return {
        str(given)
        for given in (EMPTY, SNAPSHOT, LATEST, MOMENT)
        if cluster(template, **given)["EnableIAMDatabaseAuthentication"] is not True
    }


def other_names(template: Template) -> set[str]:
    """The migration signs in as the master, who stays with the data, into the database that is there."""
    new = cluster(template)
    user, name = new["MasterUsername"], new["DatabaseName"]
    outputs = {"Database.Outputs.Endpoint": "endpoint", "Database.Outputs.ResourceId": "id"}
    passed = parse(MAIN)["Resources"]["Migration"]["Properties"]["Parameters"]
    url, arn = (
        Resolver(PRODUCT | outputs, {}, {}).resolve(passed[each]["Fn::If"][1])
        for each in ("DatabaseUrl", "DatabaseUserArn")
    )
    checks = {
        "the migration's": url == f"postgresql://{user}@endpoint:5432/{name}",
        "its right": arn.endswith(f":dbuser:id/{user}"),
        "its way of sign-in": new["MasterUserAuthenticationType"] == "iam-db-auth",
        "unencrypted": new.get("StorageEncrypted") is True,
    }
    return {name for name, holds in checks.items() if not holds}


def other_versions(template: Template) -> set[str]:
    """By parameter: RDS refuses a restored database a version that is earlier than its snapshot's."""
    version = parse(MAIN)["Parameters"]["DatabaseVersion"]
    [(_, settings)] = of_type(template["Resources"], "AWS::RDS::DBClusterParameterGroup")
    major = settings["Family"].removeprefix("aurora-postgresql")
    instances = list(of_type(template["Resources"], "AWS::RDS::DBInstance"))
    checks = {
        "the cluster's": cluster(template, EngineVersion="17.9")["EngineVersion"] == "17.9",
        "its settings'": version["AllowedPattern"].startswith(f"{major}\\."),
        "the default": version["Default"].startswith(f"{major}."),
        "an instance's": not any("EngineVersion" in instance for _, instance in instances),
        "its upgrades": all(instance["AutoMinorVersionUpgrade"] is True for _, instance in instances),
    }
    return {name for name, holds in checks.items() if not holds}


RULES: list[Callable[[Template], set[str]]] = [
    not_taken,
    other_origins,
    other_sign_ins,
    other_names,
    other_versions,
]
BOTH = {"Fn::If": ["Restored", {"Ref": "Snapshot"}, {"Ref": "AWS::NoValue"}]}
ALWAYS = {"Fn::If": ["FromSource", True, {"Ref": "AWS::NoValue"}]}
CLUSTER, NONE = ("Resources", "Cluster", "Properties"), {"Ref": "AWS::NoValue"}
MUTATIONS: list[tuple[Callable[[Template], set[str]], Any, tuple[str, ...], str]] = [
    (not_taken, "acme", (*CLUSTER, "MasterUsername"), "MasterUsername"),
    (not_taken, "acme", (*CLUSTER, "DatabaseName"), "DatabaseName"),
    (not_taken, True, (*CLUSTER, "StorageEncrypted"), "StorageEncrypted"),
    (not_taken, "full-copy", (*CLUSTER, "RestoreType"), "RestoreType"),
    (other_origins, BOTH, (*CLUSTER, "SnapshotIdentifier"), "the latest"),
    (other_origins, NONE, (*CLUSTER, "SnapshotIdentifier"), "a snapshot"),
    (other_origins, NONE, (*CLUSTER, "RestoreToTime"), "a moment"),
    (other_origins, ALWAYS, (*CLUSTER, "UseLatestRestorableTime"), "a moment"),
    (
        other_sign_ins,
        {"Fn::If": ["FromSnapshot", False, True]},
        (*CLUSTER, "EnableIAMDatabaseAuthentication"),
        str(SNAPSHOT),
    ),
    (other_names, {"Fn::If": ["Restored", NONE, "admin"]}, (*CLUSTER, "MasterUsername"), "the migration's"),
    (
        other_names,
        {"Fn::If": ["Restored", NONE, "password"]},
        (*CLUSTER, "MasterUserAuthenticationType"),
        "its way of sign-in",
    ),
    (other_names, NONE, (*CLUSTER, "StorageEncrypted"), "unencrypted"),
    (other_versions, "17.7", (*CLUSTER, "EngineVersion"), "the cluster's"),
    (
        other_versions,
        "aurora-postgresql18",
        ("Resources", "Settings", "Properties", "Family"),
        "its settings'",
    ),
    (other_versions, "17.7", ("Resources", "Writer", "Properties", "EngineVersion"), "an instance's"),
    (other_versions, False, ("Resources", "Reader", "Properties", "AutoMinorVersionUpgrade"), "its upgrades"),
]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_a_database_is_restored_as_rds_takes_it(rule: Callable[[Template], set[str]]) -> None:
    assert rule(parse(DATABASE)) == set()


@pytest.mark.parametrize(
    ("rule", "value", "path", "found"),
    MUTATIONS,
    ids=[f"{each[0].__name__}-{number}" for number, each in enumerate(MUTATIONS)],
)
def test_a_template_that_rds_would_not_take_is_caught(
    rule: Callable[[Template], set[str]], value: Any, path: tuple[str, ...], found: str
) -> None:
    template = copy.deepcopy(parse(DATABASE))
    with_value(value, *path)(template)
    assert found in rule(template)


def test_the_restored_one_is_what_the_stack_was_asked_for() -> None:
    passed = parse(MAIN)["Resources"]["Database"]["Properties"]["Parameters"]
    assert {name: passed[name]["Ref"] for name in ("EngineVersion", *EMPTY)} == {
        "EngineVersion": "DatabaseVersion",
        "Snapshot": "DatabaseSnapshot",
        "Source": "DatabaseSource",
        "SourceTime": "DatabaseSourceTime",
    }


def not_allowed(pipeline: Template) -> set[str]:
    """What CloudFormation does as the pipeline's role when a database is restored (the resource's schema)."""
    needed = {
        "rds:RestoreDBClusterFromSnapshot",
        "rds:RestoreDBClusterToPointInTime",
        "rds:ModifyDBCluster",
        "rds:DescribeDBClusterSnapshots",
        "rds:DescribeEvents",
    }
    return {action for action in needed if f"'{action}'" not in str(pipeline)}


def test_the_pipelines_role_may_restore() -> None:
    pipeline = parse(ROOT / "infra/stacks/pipeline.yaml")
    assert not_allowed(pipeline) == set()
    broken = without("rds:RestoreDBClusterToPointInTime", pipeline)
    assert not_allowed(broken) == {"rds:RestoreDBClusterToPointInTime"}


def without(action: str, template: Any) -> Any:
    if isinstance(template, dict):
        return {name: without(action, each) for name, each in template.items()}
    if isinstance(template, list):
        return [without(action, each) for each in template if each != action]
    return template
