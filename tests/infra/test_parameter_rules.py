"""A combination of parameters that cannot work is refused with a sentence, before anything is made."""

import re
import tomllib
from typing import Any

import pytest

from infra.emulator.template_yaml import parse
from infra.tools.deployment.translation import defaults
from tests.support.client import ROOT

SOURCE = parse(ROOT / "template.yaml")
CERTIFICATE = "arn:aws:acm:eu-north-1:123456789012:certificate/0a1b"
OWN_NAMES = {
    "ApiDomain": "api.example.com",
    "IssuerDomain": "issuer.example.com",
    "Certificate": CERTIFICATE,
    "HostedZone": "Z0123456789",
}
EXISTING_DATABASE = {
    "VpcId": "vpc-1",
    "SubnetIds": "subnet-1,subnet-2",
    "DatabaseUrl": "postgresql://acme_app@proxy:5432/acme",
    "DatabaseResourceId": "prx-1",
    "MasterDatabaseUrl": "postgresql://master@cluster:5432/acme",
    "MasterDatabaseResourceId": "cluster-ABC",
    "DatabaseSecurityGroup": "sg-1",
}


def refusals(**given: str) -> list[str]:
    """What CloudFormation would say to these parameters."""
    values = defaults(SOURCE) | given
    for name, value in given.items():
        assert re.fullmatch(SOURCE["Parameters"][name].get("AllowedPattern", ".*"), value), name
    return [
        assertion["AssertDescription"]
        for rule in SOURCE["Rules"].values()
        if holds(rule.get("RuleCondition", True), values)
        for assertion in rule["Assertions"]
        if not holds(assertion["Assert"], values)
    ]


def holds(condition: Any, values: dict[str, str]) -> bool:
    match condition:
        case bool():
            return condition
        case {"Fn::Not": [inner]}:
            return not holds(inner, values)
        case {"Fn::And": all_of}:
            return all(holds(each, values) for each in all_of)
        case {"Fn::Or": any_of}:
            return any(holds(each, values) for each in any_of)
        case {"Fn::Equals": [{"Ref": name}, right]}:
            return values[name] == right
    raise AssertionError(f"not understood: {condition}")


def test_the_defaults_are_fine() -> None:
    assert refusals() == []


def test_an_existing_network_and_database_are_fine() -> None:
    assert refusals(VpcId="vpc-1", SubnetIds="subnet-1,subnet-2") == []
    assert refusals(**EXISTING_DATABASE) == []


def test_own_names_and_an_edge_are_fine() -> None:
    assert refusals(**OWN_NAMES) == []
    edge = {"DefaultEndpoint": "off", "OriginSecret": "/acme/prod/origin-secret:1"}
    assert refusals(**OWN_NAMES | edge) == []
    assert refusals(ApiDomain="api.example.com", Certificate=CERTIFICATE) == []


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (
            {"MailFrom": "no-reply@example.com"},
            "With MailFrom, AccountPages must be the address of the pages that mailed links lead to.",
        ),
        ({"RequireVerifiedEmail": "true"}, "RequireVerifiedEmail needs mail; MailFrom must be the sender."),
        ({"Registration": "invited"}, "Registration=invited needs mail; MailFrom must be the sender."),
        (
            OWN_NAMES | {"Certificate": ""},
            "With ApiDomain or IssuerDomain, Certificate must be theirs, in this region.",
        ),
        (
            OWN_NAMES | {"HostedZone": ""},
            "With IssuerDomain, HostedZone must be the zone that it is made in.",
        ),
        (
            OWN_NAMES | {"JwtIssuer": "https://other.test"},
            "IssuerDomain is the built-in issuer's; JwtIssuer names another one.",
        ),
        (
            {"DefaultEndpoint": "off"},
            "Without the default endpoint, ApiDomain must be the name that the API answers to.",
        ),
        (
            OWN_NAMES | {"OriginSecret": "/acme/prod/origin-secret:1"},
            "With OriginSecret, calls by the default endpoint are refused; DefaultEndpoint must be off.",
        ),
        ({"VpcId": "vpc-1"}, "With VpcId, SubnetIds must name its private subnets, two or more."),
        ({"SubnetIds": "subnet-1,subnet-2"}, "SubnetIds are those of an existing VPC; VpcId must name it."),
        (
            {**EXISTING_DATABASE, "VpcId": "", "SubnetIds": ""},
            "An existing database is reached from its own VPC; VpcId must name it.",
        ),
        (
            {"DatabaseSecurityGroup": "sg-1"},
            (
                "DatabaseResourceId, MasterDatabaseUrl, MasterDatabaseResourceId and DatabaseSecurityGroup"
                " belong to an existing database; DatabaseUrl must name it."
            ),
        ),
        (
            {"ReaderEndpoint": "true"},
            "ReaderEndpoint reads from a second instance; ReaderInstance=true makes it.",
        ),
        (
            {**EXISTING_DATABASE, "ReaderInstance": "true"},
            "ReaderInstance and ReaderEndpoint are of a database of our own.",
        ),
        (
            {"DatabaseSnapshot": "old", "DatabaseSource": "cluster-1"},
            "A database begins with DatabaseSnapshot or with DatabaseSource, not with both.",
        ),
        (
            {"DatabaseSourceTime": "2026-11-21T08:30:00Z"},
            "DatabaseSourceTime is a moment of a cluster; DatabaseSource must name it.",
        ),
        (
            {**EXISTING_DATABASE, "DatabaseSource": "cluster-1"},
            (
                "DeletionProtection, DatabaseSnapshot and DatabaseSource are for a database of our own; an"
                " existing one has its owner's."
            ),
        ),
        (
            {"Stage": "prod", "Zones": "eu-north-1a,eu-north-1b"},
            "In prod, AllowedOrigins must name the web pages that may call the API, not this machine.",
        ),
        (
            {
                "Stage": "prod",
                "AllowedOrigins": "https://app.test",
                "Zones": "eu-north-1a,eu-north-1b",
                "LogLevel": "DEBUG",
            },
            "In prod, LogLevel must not be DEBUG, which logs what callers send.",
        ),
        (
            {"Stage": "prod", "AllowedOrigins": "https://app.test"},
            "In prod, Zones must name the availability zones; make preflight says which will do.",
        ),
    ],
)
def test_a_bad_combination_is_refused_with_a_sentence(given: dict[str, str], sentence: str) -> None:
    assert refusals(**given) == [sentence]


@pytest.mark.parametrize("missing", sorted(set(EXISTING_DATABASE) - {"VpcId", "SubnetIds", "DatabaseUrl"}))
def test_an_existing_database_is_described_in_full(missing: str) -> None:
    [sentence] = refusals(**EXISTING_DATABASE | {missing: ""})
    assert sentence.startswith(f"With DatabaseUrl, {missing} must ")


@pytest.mark.parametrize("origins", ["*", "https://*.example.com", "https://a.test,*", "https://a.test/"])
def test_an_origin_is_one_page_and_never_a_pattern(origins: str) -> None:
    assert not re.fullmatch(SOURCE["Parameters"]["AllowedOrigins"]["AllowedPattern"], origins)


@pytest.mark.parametrize("secret", ["s" * 32, "/acme/prod/origin-secret", "a}}:1"])
def test_the_origins_secret_is_named_with_its_version_and_never_said(secret: str) -> None:
    """A value in samconfig.toml is in a committed file; a new value under a name alone is not seen."""
    assert not re.fullmatch(SOURCE["Parameters"]["OriginSecret"]["AllowedPattern"], secret)


@pytest.mark.parametrize("environment", ["default", "staging", "nightly", "prod", "local"])
def test_every_environment_names_parameters_that_there_are(environment: str) -> None:
    settings = tomllib.loads((ROOT / "samconfig.toml").read_text())[environment]["deploy"]["parameters"]
    overrides = dict(pair.split("=", 1) for pair in settings["parameter_overrides"].split())
    assert set(overrides) <= set(SOURCE["Parameters"])
    for name, value in overrides.items():
        allowed = SOURCE["Parameters"][name].get("AllowedValues", [value])
        assert value in map(str, allowed), f"{environment}: {name}={value}"
