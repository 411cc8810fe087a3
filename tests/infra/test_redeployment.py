"""What deployment after deployment needs of the templates. Each rule has a template that breaks it."""

from collections.abc import Callable
from typing import Any

import pytest

from infra.emulator.template_yaml import of_type, parse
from tests.infra.test_template import TEMPLATES, Resources, translated

STACKS = {file.stem: file for file in TEMPLATES}
SAM = "AWS::Serverless-2016-10-31"

type Rule = Callable[[Resources], list[str]]


def unstamped_functions(resources: Resources) -> list[str]:
    """A function without the literal would keep its old environment when a parameter changes."""
    return [
        name
        for name, function in of_type(resources, "AWS::Lambda::Function")
        if function["Environment"]["Variables"].get("RELEASE") != "unstamped"
    ]


def fixed_clusters(resources: Resources) -> list[str]:
    """A cluster with a name of its own cannot be replaced or restored while the old one exists."""
    clusters = of_type(resources, "AWS::RDS::DBCluster")
    return [name for name, cluster in clusters if "DBClusterIdentifier" in cluster]


def names_without_generation(resources: Resources) -> list[str]:
    """Proxy, its endpoint and cache, and nothing else, are replaced under a name with another generation."""
    found = []
    for name, resource in resources.items():
        properties = resource.get("Properties", {})
        named = properties.get("DBProxyName") if resource["Type"] == "AWS::RDS::DBProxy" else None
        named = properties.get("DBProxyEndpointName", properties.get("ServerlessCacheName", named))
        suffix = "-readers" if "DBProxyEndpointName" in properties else ""
        if ("NetworkGeneration" in str(properties)) != (named is not None) or (
            named is not None and named != {"Fn::Sub": "${Product}-${Stage}-${NetworkGeneration}" + suffix}
        ):
            found.append(name)
    return found


def unprotected_data(resources: Resources) -> list[str]:
    """A parameter protects it. The source leaves a snapshot; `make build` writes Delete for other stages."""
    return [
        name
        for name, resource in resources.items()
        if resource["Type"] == "AWS::RDS::DBCluster"
        and (
            resource["Properties"].get("DeletionProtection") != {"Fn::If": ["Protected", True, False]}
            or resource.get("DeletionPolicy") != "Snapshot"
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
        or schema.get("Revision") != "unstamped"
    ]


def crowded_log_groups(resources: Resources) -> list[str]:
    """Under another prefix, the many APIs of an account fill its one log policy, 5,120 characters long."""
    groups = [
        stage["AccessLogSettings"]["DestinationArn"]["Fn::GetAtt"][0]
        for _, stage in of_type(resources, "AWS::ApiGatewayV2::Stage")
        if "AccessLogSettings" in stage
    ]
    names = {group: resources[group]["Properties"]["LogGroupName"]["Fn::Sub"] for group in groups}
    return [group for group, name in names.items() if not name.startswith("/aws/vendedlogs/")]


def bounds_for_everybody(resources: Resources) -> list[str]:
    """A new account may have ten executions in all, so none are set aside unless a parameter says so."""
    bounds = {
        name: function["ReservedConcurrentExecutions"]
        for name, function in of_type(resources, "AWS::Lambda::Function")
        if "ReservedConcurrentExecutions" in function
    }
    for _, stage in of_type(resources, "AWS::ApiGatewayV2::Stage"):
        bounds |= stage.get("RouteSettings", {})
    return [name for name, each in bounds.items() if each.get("Fn::If", [None])[-1] != NONE]


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


NONE = {"Ref": "AWS::NoValue"}
NAME, POLICY = "${Product}-${Stage}", {"Fn::If": ["Protected", "Snapshot", "Delete"]}
RELEASE = ("Properties", "Environment", "Variables", "RELEASE")
STAGE = ("ApiApiGatewayDefaultStage", "Properties")
RULES: list[tuple[Rule, str, Callable[[Resources], None], str]] = [
    (unstamped_functions, "template", without("HealthFunction", *RELEASE), "HealthFunction"),
    (unstamped_functions, "identity", with_value({"Ref": "X"}, "JwksFunction", *RELEASE), "JwksFunction"),
    (unstamped_functions, "migration", without("MigrateFunction", *RELEASE), "MigrateFunction"),
    (fixed_clusters, "database", with_value(NAME, "Cluster", "Properties", "DBClusterIdentifier"), "Cluster"),
    (names_without_generation, "proxy", with_value(NAME, "Proxy", "Properties", "DBProxyName"), "Proxy"),
    (
        names_without_generation,
        "proxy",
        with_value(NAME, "ForReaders", "Properties", "DBProxyEndpointName"),
        "ForReaders",
    ),
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
    (unprotected_data, "database", with_value("Delete", "Cluster", "DeletionPolicy"), "Cluster"),
    (unprotected_data, "database", with_value(POLICY, "Cluster", "UpdateReplacePolicy"), "Cluster"),
    (network_rights_of_the_code, "migration", without_denial, "Role"),
    (blind_migrations, "migration", without("Schema", "Properties", "Release"), "Schema"),
    (blind_migrations, "migration", without("Schema", "Properties", "Database"), "Schema"),
    (
        crowded_log_groups,
        "template",
        with_value({"Fn::Sub": "/acme/access"}, "AccessLogGroup", "Properties", "LogGroupName"),
        "AccessLogGroup",
    ),
    (
        bounds_for_everybody,
        "template",
        with_value(
            {"Ref": "SignInConcurrency"}, "LoginFunction", "Properties", "ReservedConcurrentExecutions"
        ),
        "LoginFunction",
    ),
    (
        bounds_for_everybody,
        "template",
        with_value({"ThrottlingRateLimit": 5}, *STAGE, "RouteSettings", "GET /api/v1/health"),
        "GET /api/v1/health",
    ),
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
    resources = translated(STACKS[stack])
    mutate(resources)
    assert rule(resources) == [found]


def transforms(sources: list[dict[str, Any]]) -> set[str]:
    return {str(source["Transform"]) for source in sources if "Transform" in source}


def test_no_template_has_a_transform_but_sams() -> None:
    """Another one meets placeholders in the change set of a nested stack, and fails.

    Source: aws-cloudformation/cfn-language-discussion 152, aws/serverless-application-model 3824.
    """
    sources = [parse(file) for file in TEMPLATES]
    assert transforms(sources) == {SAM}
    sources[-1]["Transform"] = [SAM, "AWS::LanguageExtensions"]
    assert transforms(sources) != {SAM}


def test_a_policy_is_a_text() -> None:
    """CloudFormation takes no condition there without that transform; the linter lets it pass."""
    for file in TEMPLATES:
        for name, resource in parse(file)["Resources"].items():
            for attribute in ("DeletionPolicy", "UpdateReplacePolicy"):
                assert isinstance(resource.get(attribute, ""), str), name
