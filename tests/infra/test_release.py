"""What a release needs of the templates, and of what `make build` makes of them. Each rule has a template that breaks it."""

import copy
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from infra.deployment.configuration import configuration
from infra.deployment.preview import Change, Plan
from infra.deployment.refusals import SUBNETS, refusals
from infra.deployment.stamp import stamp
from infra.emulator.sam import of_type, parse
from tests.client import ROOT
from tests.infra.test_template import TEMPLATES, Resources, translated

SAMCONFIG = ROOT / "samconfig.toml"
STACKS = {file.stem: file for file in TEMPLATES}

type Rule = Callable[[Resources], list[str]]


def unstamped_functions(resources: Resources) -> list[str]:
    """A function without the literal would keep its old environment when a parameter changes."""
    return [
        name
        for name, function in of_type(resources, "AWS::Lambda::Function")
        if function["Environment"]["Variables"].get("RELEASE") != "unstamped"
    ]


def fixed_clusters(resources: Resources) -> list[str]:
    """A cluster with a name of its own cannot be replaced or restored beside the old one."""
    clusters = of_type(resources, "AWS::RDS::DBCluster")
    return [name for name, cluster in clusters if "DBClusterIdentifier" in cluster]


def names_without_generation(resources: Resources) -> list[str]:
    """Proxy and cache, and nothing else, are replaced under a name with another generation."""
    found = []
    for name, resource in resources.items():
        properties = resource.get("Properties", {})
        named = properties.get("DBProxyName") if resource["Type"] == "AWS::RDS::DBProxy" else None
        named = properties.get("ServerlessCacheName", named)
        if ("NetworkGeneration" in str(properties)) != (named is not None) or (
            named is not None and named != {"Fn::Sub": "routewise-${Stage}-${NetworkGeneration}"}
        ):
            found.append(name)
    return found


def unprotected_data(resources: Resources) -> list[str]:
    """Protection, and with it the snapshot, is a parameter's, so that a failed first deployment can be taken back."""
    return [
        name
        for name, resource in resources.items()
        if resource["Type"] == "AWS::RDS::DBCluster"
        and (
            resource["Properties"].get("DeletionProtection") != {"Fn::If": ["Protected", True, False]}
            or resource.get("DeletionPolicy") != {"Fn::If": ["Protected", "Snapshot", "Delete"]}
            or resource.get("UpdateReplacePolicy") != "Snapshot"
        )
    ]


def network_rights_of_the_code(resources: Resources) -> list[str]:
    """Lambda may make network interfaces with a role; the code that runs under it may not."""

    def policies(value: Any) -> list[list[dict[str, Any]]]:
        if isinstance(value, dict) and "Statement" in value:
            return [value["Statement"]]
        inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
        return [found for each in inner for found in policies(each)]

    return [
        name
        for name, resource in resources.items()
        for statements in policies(resource.get("Properties", {}))
        for allowed in statements
        if allowed.get("Sid") == "NetworkInterfaces"
        and not any(
            each["Effect"] == "Deny"
            and set(each["Action"]) >= set(allowed["Action"])
            and "lambda:SourceFunctionArn" in str(each.get("Condition"))
            for each in statements
        )
    ]


def blind_migrations(resources: Resources) -> list[str]:
    """It runs for a new revision, a new release and another database: each is a property."""
    return [
        name
        for name, schema in of_type(resources, "Custom::Schema")
        if schema.get("Release") != "unstamped"
        or schema.get("Stage") != {"Ref": "Stage"}
        or schema.get("Database") != {"Fn::Sub": "${DatabaseUrl} ${DatabaseUserArn}"}
        or not re.fullmatch(r"\d{4}", schema.get("Revision", ""))
    ]


def without(*path: str) -> Callable[[Resources], None]:
    def mutate(resources: Resources) -> None:
        inner: Any = resources
        for name in path[:-1]:
            inner = inner[name]
        del inner[path[-1]]

    return mutate


def with_value(value: Any, *path: str) -> Callable[[Resources], None]:
    def mutate(resources: Resources) -> None:
        inner: Any = resources
        for name in path[:-1]:
            inner = inner[name]
        inner[path[-1]] = value

    return mutate


def without_denial(resources: Resources) -> None:
    statements = resources["Role"]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"]
    statements[:] = [each for each in statements if each["Effect"] == "Allow"]


NAME, POLICY = "routewise-${Stage}", {"Fn::If": ["Protected", "Snapshot", "Delete"]}
RELEASE = ("Properties", "Environment", "Variables", "RELEASE")
RULES: list[tuple[Rule, str, Callable[[Resources], None], str]] = [
    (unstamped_functions, "template", without("HealthFunction", *RELEASE), "HealthFunction"),
    (unstamped_functions, "identity", with_value({"Ref": "X"}, "JwksFunction", *RELEASE), "JwksFunction"),
    (unstamped_functions, "migration", without("MigrateFunction", *RELEASE), "MigrateFunction"),
    (fixed_clusters, "database", with_value(NAME, "Cluster", "Properties", "DBClusterIdentifier"), "Cluster"),
    (names_without_generation, "proxy", with_value(NAME, "Proxy", "Properties", "DBProxyName"), "Proxy"),
    (
        names_without_generation,
        "cache",
        with_value(NAME, "Cache", "Properties", "ServerlessCacheName"),
        "Cache",
    ),
    (
        names_without_generation,
        "database",
        with_value({"Fn::Sub": "${NetworkGeneration}"}, "Cluster", "Properties", "DatabaseName"),
        "Cluster",
    ),
    (
        unprotected_data,
        "database",
        with_value(True, "Cluster", "Properties", "DeletionProtection"),
        "Cluster",
    ),
    (unprotected_data, "database", with_value("Snapshot", "Cluster", "DeletionPolicy"), "Cluster"),
    (unprotected_data, "database", with_value(POLICY, "Cluster", "UpdateReplacePolicy"), "Cluster"),
    (network_rights_of_the_code, "migration", without_denial, "Role"),
    (blind_migrations, "migration", without("Schema", "Properties", "Release"), "Schema"),
    (blind_migrations, "migration", without("Schema", "Properties", "Database"), "Schema"),
]


@pytest.mark.parametrize("rule", sorted({each[0].__name__ for each in RULES}))
def test_every_template_keeps_the_rule(rule: str) -> None:
    for file in TEMPLATES:
        assert globals()[rule](translated(file)) == [], file.name


@pytest.mark.parametrize(
    ("rule", "stack", "mutate", "found"),
    RULES,
    ids=[f"{each[0].__name__}-{number}" for number, each in enumerate(RULES)],
)
def test_a_template_that_breaks_the_rule_is_caught(
    rule: Rule, stack: str, mutate: Callable[[Resources], None], found: str
) -> None:
    resources = copy.deepcopy(translated(STACKS[stack]))
    mutate(resources)
    assert rule(resources) == [found]


def test_a_policy_by_condition_has_its_transform() -> None:
    """CloudFormation takes a text there and nothing else; the linter and most emulators let it pass."""
    for file in TEMPLATES:
        source = parse(file)
        policies = [
            resource.get(attribute, "")
            for resource in source["Resources"].values()
            for attribute in ("DeletionPolicy", "UpdateReplacePolicy")
        ]
        if not all(isinstance(policy, str) for policy in policies):
            assert "AWS::LanguageExtensions" in str(source.get("Transform")), file.name


def test_a_restored_database_brings_its_own_name_and_master() -> None:
    """RDS refuses them beside a snapshot."""
    cluster = translated(STACKS["database"])["Cluster"]["Properties"]
    assert cluster["SnapshotIdentifier"] == {
        "Fn::If": ["Restored", {"Ref": "Snapshot"}, {"Ref": "AWS::NoValue"}]
    }
    for name in ("DatabaseName", "MasterUsername", "MasterUserAuthenticationType"):
        assert cluster[name]["Fn::If"][:2] == ["Restored", {"Ref": "AWS::NoValue"}], name


# The build


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    """The templates, laid out as a build has them, before the stamp."""
    shutil.copy(ROOT / "template.yaml", tmp_path)
    for file in TEMPLATES[1:]:
        (tmp_path / file.stem).mkdir()
        shutil.copy(file, tmp_path / file.stem / "template.yaml")
    return tmp_path


def restored(folder: Path, release: str) -> None:
    for file in folder.rglob("template.yaml"):
        file.write_text(file.read_text().replace(release, "unstamped"))


def test_the_build_stamps_every_function_and_the_schema(built: Path) -> None:
    texts = [file.read_text() for file in (built / "template.yaml", *built.glob("*/template.yaml"))]
    places = re.findall(r"^\s*(?:RELEASE|Release): (.*)$", "\n".join(texts), re.MULTILINE)
    written = sum(file.read_text().count("unstamped") for file in TEMPLATES)
    assert len(places) == written
    [release] = set(places)
    assert re.fullmatch(r"dev-[0-9a-f]{16}", release)


def test_the_stamp_is_the_same_for_the_same_build(sources: Path) -> None:
    release = stamp(sources, configuration("staging", SAMCONFIG))
    assert release.startswith("staging-")
    restored(sources, release)
    assert stamp(sources, configuration("staging", SAMCONFIG)) == release


@pytest.mark.parametrize(
    "change",
    [
        ('parameter_overrides = "Stage=staging ', 'parameter_overrides = "Stage=staging LogLevel=DEBUG '),
        ("[staging.deploy.parameters]", '[staging.deploy.parameters]\ntags = "team=a"'),
    ],
    ids=["a-parameter", "a-tag"],
)
def test_what_samconfig_says_of_the_stage_is_in_the_stamp(
    sources: Path, tmp_path: Path, change: tuple[str, str]
) -> None:
    before = stamp(sources, configuration("staging", SAMCONFIG))
    restored(sources, before)
    changed = tmp_path / "samconfig.toml"
    assert change[0] in SAMCONFIG.read_text()
    changed.write_text(SAMCONFIG.read_text().replace(*change))
    assert stamp(sources, configuration("staging", changed)) != before


def test_a_template_is_in_the_stamp(sources: Path) -> None:
    """A concurrency, a tag: what renames a version must differ in what Lambda keeps of it."""
    before = stamp(sources, configuration("staging", SAMCONFIG))
    restored(sources, before)
    nested = sources / "roles/template.yaml"
    nested.write_text(nested.read_text() + "# other\n")
    assert stamp(sources, configuration("staging", SAMCONFIG)) != before


def test_an_unknown_stage_is_refused_in_words() -> None:
    with pytest.raises(
        SystemExit, match=r"has no \[nowhere\.deploy\.parameters\]; STAGE is one of default, "
    ):
        configuration("nowhere", SAMCONFIG)


# What a deployment may not do

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
            "another DatabaseSnapshot, or none, would put a new database in its place.",
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
        Change("Old/Function", "AWS::Lambda::Function", "Remove"),
    ],
)
def test_all_else_is_let_through(change: Change) -> None:
    assert of(change) == []


@pytest.mark.parametrize("name", SUBNETS)
def test_other_subnets_take_another_generation(name: str) -> None:
    before = {name: "a", "NetworkGeneration": "1"}
    [sentence] = refusals(Plan([], before, before | {name: "b"}))
    assert sentence == f"{name}: with other subnets, proxy and cache take another NetworkGeneration too."
    assert refusals(Plan([], before, before | {name: "b", "NetworkGeneration": "2"})) == []


def test_every_parameter_that_the_subnets_follow_from_is_watched() -> None:
    given = parse(ROOT / "template.yaml")["Resources"]["Network"]["Properties"]["Parameters"]
    assert set(given) - {"Stage", "DatabaseSecurityGroup"} == set(SUBNETS)
