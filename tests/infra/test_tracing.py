"""X-Ray is a parameter: without it no resource uses it; with it each trace can be identified."""

import re
from typing import Any

import pytest

from infra.emulator.cloudformation import Resolver
from infra.emulator.template_yaml import of_type, parse
from tests.infra.test_network_and_roles import MAIN, main, stack
from tests.infra.test_template import Resources, statements
from tests.support.client import ROOT, Client

TRACE = "1-5759e988-bd862e3fe1be46a994272793"
RIGHTS = {"xray:PutTraceSegments", "xray:PutTelemetryRecords"}
ROLES = ("MetaRole", "DatabaseRole", "SignInRole")


def faults(functions: Resources, roles: Resources, tracing: str) -> set[str]:
    """Functions that are traced where they should not be, or the other way round, and roles that may not."""
    conditions = parse(MAIN)["Conditions"] | parse(ROOT / "infra/stacks/roles.yaml")["Conditions"]
    given = {"Tracing": tracing, "JwtIssuer": "", "SigningKeyArns": "arn", "CacheArns": ""}
    resolver = Resolver({**given, **{name: name for name in ROLES}}, conditions, {})
    wanted = {"off": "PassThrough", "on": "Active"}[tracing]  # the former is Lambda's own default
    found = {
        name
        for name, function in of_type(functions, "AWS::Lambda::Function")
        if resolver.resolve(function["TracingConfig"]) != {"Mode": wanted}
    }
    allowed: set[str] = set()
    for name, statement in statements(roles):
        if resolver.holds(roles[name].get("Condition")) and RIGHTS & set(statement["Action"]):
            allowed |= (
                set(resolver.resolve(roles[name]["Properties"]["Roles"])) if tracing == "on" else {name}
            )
            found |= {f"{name} allows more" for each in set(statement["Action"]) - RIGHTS if each}
    return found | (allowed ^ (set(ROLES) if tracing == "on" else set()))


@pytest.mark.parametrize("tracing", ["off", "on"])
def test_every_function_is_traced_or_none(tracing: str) -> None:
    assert faults(main(), stack("roles"), tracing) == set()
    assert parse(MAIN)["Parameters"]["Tracing"]["Default"] == "off"
    passed = parse(MAIN)["Resources"]["Roles"]["Properties"]["Parameters"]
    assert passed["Tracing"] == {"Ref": "Tracing"}


def test_what_is_traced_unasked_or_without_a_right_is_seen() -> None:
    functions, roles = main(), stack("roles")
    functions["HealthFunction"]["Properties"]["TracingConfig"] = {"Mode": "Active"}
    assert faults(functions, roles, "off") == {"HealthFunction"}
    del roles["Traces"]["Condition"]
    assert faults(main(), roles, "off") == {"Traces"}
    roles["Traces"]["Properties"]["Roles"].pop(0)
    assert faults(main(), roles, "on") == {"MetaRole"}


def test_no_tracer_is_shipped() -> None:
    """X-Ray's own one is maintained no more, and making one costs a third of a second."""
    for layer in ("packages", "migrations"):
        text = (ROOT / f"infra/deployed/layers/{layer}/requirements.txt").read_text()
        assert not re.search(
            r"^(aws[-_]xray|opentelemetry-(sdk|exporter|instrumentation|distro))", text, re.M
        )
    ours = [*(ROOT / "shared").rglob("*.py"), *(ROOT / "functions").rglob("*.py")]
    assert not [file.name for file in ours if re.search(r"^\s*(from|import) .*xray", file.read_text(), re.M)]


def test_each_log_line_bears_its_trace(monkeypatch: pytest.MonkeyPatch, logs: list[dict[str, Any]]) -> None:
    """Lambda's runtime sets the variable anew for each call."""
    monkeypatch.setenv("_X_AMZN_TRACE_ID", f"Root={TRACE};Parent=53995c3f42cd8ad8;Sampled=1")
    Client().get("/health")
    monkeypatch.delenv("_X_AMZN_TRACE_ID")
    Client().get("/health")
    assert [line.get("xray_trace_id") for line in logs] == [TRACE, None]
