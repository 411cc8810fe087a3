"""Each declared alarm has a widget, a metric that something emits, and a row in the documentation."""

import csv
import json
import re
from typing import Any

from shared.runtime.product import NAME, NAMESPACE

import pytest

from custom_resource import FAILURE
from infra.emulator.cloudformation import Resolver
from infra.emulator.template_yaml import of_type, parse
from infra.tools.deployment.translation import defaults
from infra.tools.monitoring.__main__ import DOCUMENT, TEMPLATE, document
from infra.tools.monitoring.alarms import ACCESS_LOG, ALARMS, CODE, JOB_FUNCTIONS, MAIN_FUNCTIONS
from infra.tools.monitoring.template import template
from tests.infra.test_network_and_roles import MAIN, main, one
from tests.infra.test_template import TEMPLATES, Resources, translated
from tests.support.client import ROOT

GIVEN = parse(MAIN)["Resources"]["Observability"]["Properties"]["Parameters"]
VALUES = {name: f"the-{name}" for name in parse(TEMPLATE)["Parameters"]}
FILTERED = (f"{NAMESPACE}/the-Stage", "Unauthorized", "")  # by the metric filter of the template


def test_the_template_and_the_table_are_those_of_the_declarations() -> None:
    assert TEMPLATE.read_text() == template(ALARMS), "make observability"
    assert DOCUMENT.read_text() == document(DOCUMENT.read_text()), "make observability"


def resolved(resources: Resources) -> Resources:
    conditions = parse(TEMPLATE)["Conditions"]
    return dict(Resolver(VALUES, conditions, {}).resolve(resources))


def metrics_of(alarm: dict[str, Any]) -> list[tuple[str, str, tuple[str, ...]]]:
    """Namespace, name and dimensions, as a widget has them too."""
    stats = [each["MetricStat"]["Metric"] for each in alarm.get("Metrics", []) if "MetricStat" in each]
    return [
        (
            each["Namespace"],
            each["MetricName"],
            tuple(part for pair in each.get("Dimensions", []) for part in (pair["Name"], pair["Value"])),
        )
        for each in stats or [alarm]
    ]


def shown(resources: Resources) -> list[list[tuple[str, str, tuple[str, ...]]]]:
    """The metrics of each of the dashboard's widgets."""
    [(_, dashboard)] = of_type(resources, "AWS::CloudWatch::Dashboard")
    rows = [each["properties"]["metrics"] for each in json.loads(dashboard["DashboardBody"])["widgets"]]
    return [
        [
            (row[0], row[1], tuple(part for part in row[2:] if isinstance(part, str)))
            for row in metrics
            if len(row) > 1
        ]
        for metrics in rows
    ]


def unseen(resources: Resources) -> set[str]:
    """Alarms without a widget, and widgets without an alarm."""
    found = resolved(resources)
    alarms = {name: metrics_of(alarm) for name, alarm in of_type(found, "AWS::CloudWatch::Alarm")}
    widgets = shown(found)
    return {name for name, metrics in alarms.items() if metrics not in widgets} | {
        each[0][1] for each in widgets if each not in alarms.values()
    }


def test_every_declaration_has_its_widget_and_its_alarm() -> None:
    resources = translated(TEMPLATE)
    assert unseen(resources) == set()
    assert {name for name, _ in of_type(resources, "AWS::CloudWatch::Alarm")} == {
        each.name for each in ALARMS
    }


def test_an_alarm_or_a_widget_alone_is_seen() -> None:
    resources = translated(TEMPLATE)
    del resources["ProxyPinned"]
    assert unseen(resources) == {"DatabaseConnectionsCurrentlySessionPinned"}
    resources = translated(TEMPLATE)
    widgets = resources["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"][1]["Widgets"]["Fn::Join"][1]
    widgets.pop()
    assert unseen(resources) == {"DatabaseCapacity"}


def documented() -> set[tuple[str, str, str]]:
    """By AWS, each with its source."""
    with (ROOT / "tests/infra/metrics.csv").open() as file:
        return {(row["namespace"], row["metric"], row["dimensions"]) for row in csv.DictReader(file)}


def of_nobody(resources: Resources) -> set[str]:
    """Alarms over a metric that neither AWS nor our code nor a filter emits, or not with these dimensions."""
    ours = {(NAMESPACE, each.metric, "service stage") for each in ALARMS if each.source is CODE}
    known = documented() | ours | {FILTERED}
    return {
        name
        for name, alarm in of_type(resolved(resources), "AWS::CloudWatch::Alarm")
        for namespace, metric, dimensions in metrics_of(alarm)
        if (namespace, metric, " ".join(dimensions[::2])) not in known
    }


def test_every_alarms_metric_is_emitted_by_somebody() -> None:
    assert of_nobody(translated(TEMPLATE)) == set()


@pytest.mark.parametrize(
    ("alarm", "name", "value"),
    [
        ("ApiServerErrors", "MetricName", "5XXError"),  # a REST API's
        ("IssuerErrors", "Dimensions", [{"Name": "ApiName", "Value": "x"}]),
        ("FailedSignIns", "Dimensions", [{"Name": "service", "Value": NAME}]),
        ("ApiUnauthorized", "Namespace", NAMESPACE),
    ],
)
def test_an_alarm_over_what_nobody_emits_is_seen(alarm: str, name: str, value: Any) -> None:
    resources = translated(TEMPLATE)
    resources[alarm]["Properties"][name] = value
    assert of_nobody(resources) == {alarm}


def test_what_our_code_is_said_to_count_it_counts() -> None:
    """That it does so under these dimensions: tests/accounts/test_metrics.py and tests/operations."""
    sources = "\n".join(
        file.read_text()
        for folder in ("functions", "shared", "infra/deployed/jobs")
        for file in (ROOT / folder).rglob("*.py")
    )
    counted = set(re.findall(r'\b(?:count\(|measure\(|metric = )"(\w+)"', sources)) | {FAILURE}
    assert {each.metric for each in ALARMS if each.source is CODE} <= counted


def stageless(resources: Resources) -> set[str]:
    """Functions whose metrics would not say of which stage they are."""
    stage = {"Ref": "Stage"}
    functions = of_type(resources, "AWS::Lambda::Function")
    return {name for name, each in functions if each["Environment"]["Variables"].get("STAGE") != stage}


def test_every_functions_metrics_are_its_stages() -> None:
    for file in TEMPLATES:
        assert stageless(translated(file)) == set(), file.name
    resources = translated(ROOT / "infra/stacks/migration.yaml")
    del resources["MigrateFunction"]["Properties"]["Environment"]["Variables"]["STAGE"]
    assert stageless(resources) == {"MigrateFunction"}


def test_the_401s_are_found_in_the_access_log() -> None:
    filtered = one(translated(TEMPLATE), "AWS::Logs::MetricFilter")
    line = json.loads(one(main(), "AWS::ApiGatewayV2::Stage")["AccessLogSettings"]["Format"])
    assert filtered["FilterPattern"] == '{ $.status = "401" }'
    assert line["status"] == "$context.status"
    [made] = filtered["MetricTransformations"]
    [watched] = [each for each in ALARMS if each.source is ACCESS_LOG]
    assert (made["MetricNamespace"], made["MetricName"]) == (
        {"Fn::Sub": ACCESS_LOG.namespace},
        watched.metric,
    )


def test_nothing_is_watched_unless_asked_for() -> None:
    source = parse(MAIN)
    assert source["Resources"]["Observability"]["Condition"] == "Monitored"
    values = defaults(source)
    assert not Resolver(values, source["Conditions"], {}).holds("Monitored")
    assert Resolver(values | {"Monitoring": "on"}, source["Conditions"], {}).holds("Monitored")


def test_every_alarm_tells_the_topic_where_there_is_one() -> None:
    told = {"Fn::If": ["Told", [{"Ref": "AlarmTopic"}], {"Ref": "AWS::NoValue"}]}
    for name, alarm in of_type(translated(TEMPLATE), "AWS::CloudWatch::Alarm"):
        assert alarm["AlarmActions"] == alarm["OKActions"] == told, name


def test_the_main_functions_are_given_by_name() -> None:
    functions = {f"{name}Function" for name in MAIN_FUNCTIONS}
    of_jobs = {
        f"{name}Function": {"Fn::GetAtt": ["Jobs", f"Outputs.{name}Function"]} for name in JOB_FUNCTIONS
    }
    given = {name: each for name, each in GIVEN.items() if name.endswith("Function")}
    assert set(given) == functions | set(of_jobs)
    assert of_jobs.items() <= given.items()
    for name in functions:
        assert {"Ref": name} in (given[name], *given[name].get("Fn::If", [])), name
