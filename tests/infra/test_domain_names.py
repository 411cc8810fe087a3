"""Host names of our own: the issuer's is live before anyone asks it, the API's alone answers."""

import re
from functools import cache
from typing import Any

import pytest

from infra.emulator.cloudformation import Resolver
from infra.emulator.template_yaml import of_type, parse
from infra.tools.deployment.translation import defaults
from infra.tools.preflight.api_definition import definition
from tests.infra.test_network_and_roles import MAIN, main, one, stack
from tests.infra.test_template import Resources, translated
from tests.support.client import ROOT

IDENTITY, RELEASE = ROOT / "infra/stacks/identity.yaml", ROOT / "infra/stacks/release.yaml"
NAME = "issuer.example.com"
EDGE = {
    "ApiDomain": "api.example.com",
    "DefaultEndpoint": "off",
    "OriginSecret": "/acme/prod/origin-secret:1",
}
RESOLVED = "{{resolve:ssm:/acme/prod/origin-secret:1}}"


@cache
def source() -> dict[str, Any]:
    return parse(MAIN)


def given(**values: str) -> Resolver:
    return Resolver(defaults(source()) | values, source()["Conditions"], {})


def servers(resolver: Resolver) -> Any:
    return resolver.resolve(one(main(), "AWS::ApiGatewayV2::Api")["Body"]["servers"])


def unasked(resources: Resources, resolver: Resolver) -> set[str]:
    """Functions that a gateway calls, and that do not ask for the secret."""
    return {
        name
        for name, function in of_type(resources, "AWS::Lambda::Function")
        if resolver.resolve(function["Environment"]["Variables"]).get("ORIGIN_SECRET") != RESOLVED
    }


class TestByDefault:
    def test_nothing_of_it_is_there(self) -> None:
        nothing = given()
        assert not nothing.holds(source()["Resources"]["Domain"]["Condition"])
        assert not nothing.holds(source()["Outputs"]["Origin"]["Condition"])
        assert servers(nothing) == {"Ref": "AWS::NoValue"}
        assert "servers" not in definition("eu-north-1")  # which the preflight has the gateway try
        identity = translated(IDENTITY)
        own = Resolver({"Domain": ""}, {"OwnName": parse(IDENTITY)["Conditions"]["OwnName"]}, {})
        for name in ("Name", "Mapping", "Record"):
            assert not own.holds(identity[name]["Condition"])
        for resources in (main(), translated(RELEASE)):
            for _, function in of_type(resources, "AWS::Lambda::Function"):
                resolver = Resolver({"OriginSecret": ""}, source()["Conditions"], {})
                assert "ORIGIN_SECRET" not in resolver.resolve(function["Environment"]["Variables"])


class TestTheApisName:
    def test_the_default_endpoint_goes_off_without_a_warning(self) -> None:
        """Which would fail the deployment: SAM's own DisableExecuteApiEndpoint gives the server no url."""
        key = "x-amazon-apigateway-endpoint-configuration"
        assert servers(given(**EDGE)) == [
            {"url": "https://api.example.com", key: {"disableExecuteApiEndpoint": True}}
        ]
        [on] = servers(given(ApiDomain="api.example.com"))
        assert on[key] == {"disableExecuteApiEndpoint": False}

    def test_it_leads_to_the_stage_that_serves(self) -> None:
        passed = source()["Resources"]["Domain"]["Properties"]["Parameters"]
        assert (passed["ApiId"], passed["ApiStage"]) == ({"Ref": "Api"}, {"Ref": "Api.Stage"})
        mapping = one(stack("domain"), "AWS::ApiGatewayV2::ApiMapping")
        assert (mapping["ApiId"], mapping["Stage"]) == ({"Ref": "ApiId"}, {"Ref": "ApiStage"})
        [configuration] = one(stack("domain"), "AWS::ApiGatewayV2::DomainName")["DomainNameConfigurations"]
        assert (configuration["EndpointType"], configuration["SecurityPolicy"]) == ("REGIONAL", "TLS_1_2")

    def test_smoke_finds_the_api_where_it_answers(self) -> None:
        url = source()["Outputs"]["ApiUrl"]["Value"]
        assert given(**EDGE).resolve(url) == "https://api.example.com"
        assert url["Fn::If"][2] == {"Fn::GetAtt": ["Api", "ApiEndpoint"]}


class TestTheSecret:
    def test_every_function_and_the_check_before_a_release_know_it(self) -> None:
        assert unasked(main(), given(**EDGE)) == set()
        check = Resolver(EDGE | {"SignInIsOurs": "true"}, parse(RELEASE)["Conditions"], {})
        assert unasked(translated(RELEASE), check) == set()
        passed = source()["Resources"]["Gradually"]["Properties"]["Parameters"]
        assert passed["OriginSecret"] == {"Ref": "OriginSecret"}

    def test_a_function_that_asks_nobody_is_seen(self) -> None:
        resources = main()
        del resources["HealthFunction"]["Properties"]["Environment"]["Variables"]["ORIGIN_SECRET"]
        assert unasked(resources, given(**EDGE)) == {"HealthFunction"}

    def test_what_compares_it_is_in_every_functions_layers(self) -> None:
        for name, function in of_type(main(), "AWS::Lambda::Function"):
            assert any(each["Ref"].startswith("SharedLayer") for each in function["Layers"]), name


def documented_steps() -> list[tuple[str, set[str]]]:
    """What becomes of what functions accept and of what CloudFront sends, as docs/edge.md has it."""
    text = (ROOT / "docs/edge.md").read_text().partition("## Change the secret\n")[2]
    found = re.findall(r"^\d\. `(\w+)-secret` becomes `([\w,]+)`", text.partition("\n## ")[0], re.MULTILINE)
    return [(name, set(values.split(","))) for name, values in found]


def locked_out(steps: list[tuple[str, set[str]]]) -> list[int]:
    """The steps during which a call may bear a secret that a function does not accept."""
    state, found = {"origin": {"old"}, "edge": {"old"}}, []
    for number, (name, values) in enumerate(steps, 1):
        after = state | {name: values}
        if not state["edge"] | after["edge"] <= state["origin"] & after["origin"]:
            found.append(number)
        state = after
    return found


def test_the_documented_rotation_of_the_secret_locks_nobody_out() -> None:
    steps = documented_steps()
    assert steps[-2:] == [("edge", {"new"}), ("origin", {"new"})]
    assert locked_out(steps) == []
    assert locked_out(steps[1:]) == [1, 2]
    assert locked_out([steps[0], steps[2], steps[1]]) == [2, 3]


def unready(identity: Resources) -> set[str]:
    """What would have a gateway ask a name that does not answer, or that tokens do not bear."""
    resolver = Resolver({"Domain": NAME}, {"OwnName": parse(IDENTITY)["Conditions"]["OwnName"]}, {})
    waiting, found = identity["Discovery"]["Properties"], set()
    stage = one(identity, "AWS::ApiGatewayV2::Stage")
    if resolver.resolve(stage["StageVariables"]["Issuer"]) != f"https://{NAME}":
        found.add("discovery names another issuer")
    if resolver.resolve(waiting["Issuer"]) != f"https://{NAME}":
        found.add("another issuer is asked whether it is live")
    if waiting.get("Name", {}).get("Fn::If") != [
        "OwnName",
        [{"Ref": "Mapping"}, {"Ref": "Record"}],
        {"Ref": "AWS::NoValue"},
    ]:
        found.add("it is asked before the name leads there")
    record = identity["Record"]["Properties"]
    if record["AliasTarget"] != {
        "DNSName": {"Fn::GetAtt": ["Name", "RegionalDomainName"]},
        "HostedZoneId": {"Fn::GetAtt": ["Name", "RegionalHostedZoneId"]},
    }:
        found.add("the name leads elsewhere")
    return found


class TestTheIssuersName:
    def test_it_answers_before_the_api_asks(self) -> None:
        assert unready(translated(IDENTITY)) == set()
        assert parse(IDENTITY)["Outputs"]["Issuer"]["Value"] == {"Fn::GetAtt": ["Discovery", "Issuer"]}

    @pytest.mark.parametrize(
        ("path", "found"),
        [
            (("ApiApiGatewayDefaultStage", "StageVariables"), "discovery names another issuer"),
            (("Discovery", "Issuer"), "another issuer is asked whether it is live"),
            (("Discovery", "Name"), "it is asked before the name leads there"),
            (("Record", "AliasTarget"), "the name leads elsewhere"),
        ],
    )
    def test_one_that_is_late_or_not_the_tokens_is_seen(self, path: tuple[str, str], found: str) -> None:
        identity = translated(IDENTITY)
        api = {"Fn::GetAtt": ["Api", "ApiEndpoint"]}
        values: dict[str, Any] = {"StageVariables": {"Issuer": api}, "Issuer": api, "AliasTarget": {}}
        identity[path[0]]["Properties"][path[1]] = values.get(path[1], {})
        assert unready(identity) == {found}
