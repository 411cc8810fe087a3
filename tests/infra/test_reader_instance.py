"""Public reads from a second instance: by parameter, and never without that instance."""

import copy
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from infra.emulator.cloudformation import Resolver
from infra.emulator.template_yaml import of_type, parse
from infra.tools.deployment.translation import defaults
from tests.infra.test_parameter_rules import SOURCE, refusals
from tests.infra.test_redeployment import with_value, without
from tests.infra.test_template import Resources, translated
from tests.support.client import ROOT

MAIN, PROXY, DATABASE = (
    ROOT / name for name in ("template.yaml", "infra/stacks/proxy.yaml", "infra/stacks/database.yaml")
)
NOTHING = {"Ref": "AWS::NoValue"}
IDENTIFIER = {"Name": {"Fn::Join": ["_", {"Fn::Split": ["-", {"Ref": "Product"}]}]}}
URL = "postgresql://${Name}_app@${Proxy.Outputs.ReaderEndpoint}:5432/${Name}"
CHOICES = [
    {"Stage": stage, "ReaderInstance": instance, "ReaderEndpoint": endpoint}
    for stage in ("dev", "prod")
    for instance in ("false", "true")
    for endpoint in ("false", "true")
]
PRODUCTION = {"AllowedOrigins": "https://app.test", "Zones": "eu-north-1a,eu-north-1b"}

type Source = dict[str, Any]
type Rules = Callable[..., list[str]]


def wrong_endpoints(resources: Resources) -> Iterator[str]:
    """It only reads, from the proxy's own network, and is made once a reader is among the targets."""
    for name, endpoint in of_type(resources, "AWS::RDS::DBProxyEndpoint"):
        [(proxy_name, proxy)] = of_type(resources, "AWS::RDS::DBProxy")
        [(targets, _)] = of_type(resources, "AWS::RDS::DBProxyTargetGroup")
        if endpoint.get("TargetRole") != "READ_ONLY":
            yield f"{name} writes"
        if endpoint["DBProxyName"] != {"Ref": proxy_name}:
            yield f"{name} is another proxy's"
        if any(endpoint.get(each) != proxy[each] for each in ("VpcSubnetIds", "VpcSecurityGroupIds")):
            yield f"{name} is in another network"
        if resources[name].get("DependsOn") != targets:
            yield f"{name} waits for no reader"
        if resources[name].get("Condition") != "Readers":
            yield f"{name} is always there"


def endpoints_without_an_instance(
    database: Source, proxy: Source, rules: Callable[..., list[str]]
) -> list[Any]:
    """Choices that no rule refuses, and that make an endpoint which no instance answers."""

    def there(source: Source, resource: str, given: dict[str, str]) -> bool:
        return Resolver(given, source["Conditions"], {}).holds(source["Resources"][resource].get("Condition"))

    return [
        choice
        for choice in CHOICES
        if rules(**choice | (PRODUCTION if choice["Stage"] == "prod" else {})) == []
        and there(proxy, "ForReaders", {"PermissionsBoundary": "", **choice})
        and not there(database, "Reader", {"DeletionProtection": "", "Snapshot": "", **choice})
    ]


def functions_that_always_read_there(main: Source, resources: Resources) -> Iterator[str]:
    """Without the parameter no function knows of a reader; with it each does."""
    for name, function in of_type(resources, "AWS::Lambda::Function"):
        given = function["Environment"]["Variables"].get("DATABASE_READER_URL")
        if given != {"Fn::If": ["Readers", {"Fn::Sub": [URL, IDENTIFIER]}, NOTHING]}:
            yield name
    if main["Conditions"]["Readers"] != {
        "Fn::And": [{"Condition": "OwnDatabase"}, {"Fn::Equals": [{"Ref": "ReaderEndpoint"}, "true"]}]
    }:
        yield "Readers"


def proxy() -> Resources:
    return copy.deepcopy(translated(PROXY))


def test_the_endpoint_reads_and_is_the_proxys() -> None:
    assert [name for name, _ in of_type(proxy(), "AWS::RDS::DBProxyEndpoint")] == ["ForReaders"]
    assert list(wrong_endpoints(proxy())) == []


@pytest.mark.parametrize(
    ("mutate", "said"),
    [
        (with_value("READ_WRITE", "ForReaders", "Properties", "TargetRole"), "ForReaders writes"),
        (without("ForReaders", "Properties", "TargetRole"), "ForReaders writes"),
        (with_value("other", "ForReaders", "Properties", "DBProxyName"), "ForReaders is another proxy's"),
        (without("ForReaders", "Properties", "VpcSecurityGroupIds"), "ForReaders is in another network"),
        (without("ForReaders", "DependsOn"), "ForReaders waits for no reader"),
        (without("ForReaders", "Condition"), "ForReaders is always there"),
    ],
)
def test_a_wrong_endpoint_is_seen(mutate: Callable[[Resources], None], said: str) -> None:
    resources = proxy()
    mutate(resources)
    assert list(wrong_endpoints(resources)) == [said]


def test_an_endpoint_is_refused_without_its_instance() -> None:
    assert endpoints_without_an_instance(parse(DATABASE), parse(PROXY), refusals) == []
    taken = [choice for choice in CHOICES if choice["ReaderEndpoint"] == "true"]
    refused = [choice for choice in taken if refusals(**choice | PRODUCTION)]
    assert refused == [{"Stage": "dev", "ReaderInstance": "false", "ReaderEndpoint": "true"}]


def test_an_endpoint_without_its_instance_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    database = copy.deepcopy(parse(DATABASE))
    database["Conditions"]["HasReader"] = {"Condition": "Production"}
    asked_for = {"Stage": "dev", "ReaderInstance": "true", "ReaderEndpoint": "true"}
    assert endpoints_without_an_instance(database, parse(PROXY), refusals) == [asked_for]
    monkeypatch.delitem(SOURCE["Rules"], "Readers")
    alone = {"Stage": "dev", "ReaderInstance": "false", "ReaderEndpoint": "true"}
    assert endpoints_without_an_instance(parse(DATABASE), parse(PROXY), refusals) == [alone]


def test_without_the_parameter_no_function_knows_of_a_reader() -> None:
    assert list(functions_that_always_read_there(parse(MAIN), translated(MAIN))) == []
    source = parse(MAIN)
    values = defaults(source)
    assert not Resolver(values, source["Conditions"], {}).holds("Readers")


def test_a_function_that_always_knows_or_never_does_is_seen() -> None:
    place = ("Properties", "Environment", "Variables", "DATABASE_READER_URL")
    resources = copy.deepcopy(translated(MAIN))
    with_value({"Fn::Sub": [URL, IDENTIFIER]}, "ListUsersFunction", *place)(resources)
    without("GetMeFunction", *place)(resources)
    main = copy.deepcopy(parse(MAIN))
    main["Conditions"]["Readers"] = {"Condition": "OwnDatabase"}
    found = set(functions_that_always_read_there(main, resources))
    assert found == {"ListUsersFunction", "GetMeFunction", "Readers"}
