"""What a parameter's value makes of the templates."""

import re
from typing import Any

import pytest

from infra.emulator.cloudformation import Resolver
from infra.emulator.template import load
from infra.emulator.template_yaml import of_type, parse
from infra.tools.deployment.translation import defaults
from tests.infra.test_network_and_roles import MAIN, main, one
from tests.support.client import ROOT


def in_force(**given: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Reserved executions by function, and throttles by route, for these parameters."""
    source = parse(MAIN)
    values = defaults(source) | given
    resolver = Resolver(values, source["Conditions"], {})
    reserved = {
        name: resolver.resolve(function)["ReservedConcurrentExecutions"]
        for name, function in of_type(main(), "AWS::Lambda::Function")
        if "ReservedConcurrentExecutions" in resolver.resolve(function)
    }
    throttles = resolver.resolve(one(main(), "AWS::ApiGatewayV2::Stage")["RouteSettings"])
    return reserved, throttles


SIGN_IN = {
    "Register": "register",
    "Login": "login",
    "Refresh": "refresh",
    "WebLogin": "web/login",
    "WebRefresh": "web/refresh",
    "IssueToken": "token",
}


def test_sign_in_and_readiness_are_bounded_by_parameter_and_off_by_default() -> None:
    """A new account may have ten executions in all: none are set aside unless asked for."""
    reserved, throttles = in_force()
    assert reserved == throttles == {}
    reserved, throttles = in_force(SignInConcurrency="5", SignInRate="20")
    assert {name for name, value in reserved.items() if value == "5"} == {
        f"{each}Function" for each in SIGN_IN
    }
    limit = {"ThrottlingBurstLimit": "20", "ThrottlingRateLimit": "20"}
    assert {route for route, value in throttles.items() if value == limit} == {
        f"POST /api/v1/auth/{path}" for path in SIGN_IN.values()
    }
    reserved, throttles = in_force(ReadinessConcurrency="2", ReadinessRate="5")
    assert reserved == {"ReadinessFunction": "2"}
    assert list(throttles) == ["GET /api/v1/health"]


def test_a_route_that_another_issuer_does_without_is_not_throttled() -> None:
    """The gateway refuses the settings of a route that is not there."""
    _, throttles = in_force(SignInRate="20", JwtIssuer="https://other.test")
    assert throttles == {}


@pytest.mark.parametrize("given", [{}, {"Rate": "7", "Burst": "9"}])
def test_the_local_stack_has_the_stages_throttle(given: dict[str, str]) -> None:
    """Text by parameter, as the gateway gets it; the issuer's own comes after it and changes nothing."""
    declared = {name: str(each.get("Default", "")) for name, each in parse(MAIN)["Parameters"].items()}
    loaded = load(MAIN, "http://issuer.test", {}, declared | given)
    assert (loaded.rate, loaded.burst) == ((7.0, 9) if given else (100.0, 200))


def zones(named: str) -> list[Any]:
    """The zone of each subnet that there is."""
    passed = parse(MAIN)["Resources"]["Network"]["Properties"]["Parameters"]
    values = {
        name: Resolver({"Zones": named}, {}, {}).resolve(each)
        for name, each in passed.items()
        if "Zone" in name
    }
    source = parse(ROOT / "infra/stacks/network.yaml")
    values |= {"VpcId": "", "SubnetIds": "", "DatabaseSecurityGroup": ""}
    resolver = Resolver(values, source["Conditions"], {})
    return [
        resolver.resolve(subnet["Properties"]["AvailabilityZone"])
        for subnet in source["Resources"].values()
        if subnet["Type"] == "AWS::EC2::Subnet" and resolver.holds(subnet.get("Condition"))
    ]


def test_a_network_is_in_the_zones_that_are_named() -> None:
    """Aurora serverless, RDS Proxy and Lambda each lack some of a region's zones."""
    assert zones("eu-north-1a,eu-north-1c") == ["eu-north-1a", "eu-north-1c"]
    assert zones("eu-north-1a,eu-north-1b,eu-north-1c") == ["eu-north-1a", "eu-north-1b", "eu-north-1c"]
    assert len(zones("")) == 2  # the region's first


def test_nested_stacks_are_given_what_they_declare() -> None:
    assert _misgiven(parse(ROOT / "template.yaml")) == set()


def test_a_nested_stack_given_something_else_is_seen() -> None:
    source = parse(ROOT / "template.yaml")
    given = source["Resources"]["Proxy"]["Properties"]["Parameters"]
    given["Subnets"] = given.pop("SubnetIds")
    source["Outputs"]["ApiUrl"]["Value"] = {"Fn::GetAtt": ["Identity", "Outputs.Url"]}
    assert _misgiven(source) == {"Proxy.Subnets", "Proxy.SubnetIds", "Identity.Outputs.Url"}


def _misgiven(source: dict[str, Any]) -> set[str]:
    """Parameters that are unknown or missing, and outputs that are not there: CloudFormation says so late."""
    found, outputs = set(), set()
    for name, properties in of_type(source["Resources"], "AWS::Serverless::Application"):
        nested = parse(ROOT / properties["Location"])
        given, declared = set(properties["Parameters"]), nested["Parameters"]
        required = {each for each, parameter in declared.items() if "Default" not in parameter}
        found |= {f"{name}.{each}" for each in (given - set(declared)) | (required - given)}
        outputs |= {f"{name}.Outputs.{each}" for each in nested.get("Outputs", {})}
    used = set(re.findall(r"\b(\w+)(?:', '|\.)(Outputs\.\w+)", str(source)))
    return found | {".".join(each) for each in used} - outputs
