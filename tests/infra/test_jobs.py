"""`infra/stacks/jobs.yaml`: nothing repeats a call, and a claim outlasts the functions that handle it."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from claims import CLAIM
from infra.emulator.template_yaml import of_type, parse
from infra.tools.deployment.artifact import keep_own_data
from infra.tools.smoke.route_checks import mail_routes
from mail_jobs import PURPOSES
from tests.infra.test_network_and_roles import MAIN, stack
from tests.infra.test_redeployment import with_value
from tests.infra.test_template import JOBS, Resources
from tests.support.client import ROOT

NO_RETRY = {"MaximumRetryAttempts": 0, "MaximumEventAgeInSeconds": 60}
SETTLE = "SettleJobsFunction"
NEXT = {  # the destination of each function's record, and the role that may call it
    "TakeJobsFunction": ({"OnSuccess": "DeliverFunction"}, "TakeJobsRole"),
    "DeliverFunction": (
        {"OnSuccess": "SettleJobsFunction", "OnFailure": "SettleJobsFunction"},
        "DeliverRole",
    ),
    "SettleJobsFunction": ({}, "DatabaseRole"),
    "PurgeRowsFunction": ({}, "DatabaseRole"),
    "RemoveUsersFunction": ({}, "DatabaseRole"),
}


def jobs() -> Resources:
    return stack("jobs")


def calls(resources: Resources) -> dict[str, dict[str, Any]]:
    """How Lambda treats asynchronous calls of each function."""
    return {
        each["FunctionName"]["Ref"]: each for _, each in of_type(resources, "AWS::Lambda::EventInvokeConfig")
    }


def without_condition(value: dict[str, Any]) -> dict[str, Any]:
    return dict(value["Fn::If"][1]) if "Fn::If" in value else value


def repeated(resources: Resources) -> set[str]:
    """Functions and schedules whose calls Lambda or the scheduler would repeat."""
    configs = {
        each["FunctionName"]["Ref"]: each for _, each in of_type(resources, "AWS::Lambda::EventInvokeConfig")
    }
    found = {
        name
        for name in NEXT
        if {key: configs.get(name, {}).get(key) for key in NO_RETRY} != NO_RETRY
        or configs[name]["Qualifier"] != "$LATEST"
    }
    for name, schedule in of_type(resources, "AWS::Scheduler::Schedule"):
        if schedule["Target"]["RetryPolicy"] != NO_RETRY:
            found.add(name)
    return found


def misdirected(resources: Resources) -> set[str]:
    """Functions whose record goes elsewhere, or whose role may call anything else than its destination."""
    found = set()
    configs = {
        each["FunctionName"]["Ref"]: each for _, each in of_type(resources, "AWS::Lambda::EventInvokeConfig")
    }
    for name, (destinations, role) in NEXT.items():
        config = without_condition(configs[name].get("DestinationConfig", {}))
        if {key: each["Destination"]["Fn::GetAtt"][0] for key, each in config.items()} != destinations:
            found.add(name)
        if called_by(resources[role]) != set(destinations.values()):
            found.add(role)
    return found


def called_by(role: dict[str, Any]) -> set[str]:
    policies = [
        each["Fn::If"][1] if "Fn::If" in each else each for each in role["Properties"].get("Policies", [])
    ]
    return {
        statement["Resource"]["Fn::GetAtt"][0]
        for policy in policies
        for statement in policy["PolicyDocument"]["Statement"]
        if statement["Action"] == "lambda:InvokeFunction"
    }


def test_no_call_is_repeated() -> None:
    assert repeated(jobs()) == set()


@pytest.mark.parametrize(
    ("path", "found"),
    [
        (("TakeJobsCalls", "Properties", "MaximumRetryAttempts"), "TakeJobsFunction"),
        (("DeliverFunctionEventInvokeConfig", "Properties", "MaximumEventAgeInSeconds"), "DeliverFunction"),
        (
            ("TakeJobsEveryMinute", "Properties", "Target", "RetryPolicy", "MaximumRetryAttempts"),
            "TakeJobsEveryMinute",
        ),
    ],
)
def test_a_call_that_would_be_repeated_is_seen(path: tuple[str, ...], found: str) -> None:
    resources = jobs()
    with_value(2, *path)(resources)
    assert repeated(resources) == {found}


def test_each_record_goes_to_the_next_function_and_its_role_may_call_that_alone() -> None:
    assert misdirected(jobs()) == set()


def test_a_role_that_may_not_call_the_destination_is_seen() -> None:
    resources = jobs()
    resources["DeliverRole"]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"].pop(0)
    assert misdirected(resources) == {"DeliverRole"}


def longest_way(resources: Resources) -> int:
    """Seconds from the claim to the end of SettleJobs: timeouts, and the ages that events may reach."""
    steps = ("TakeJobsFunction", "DeliverFunction", "SettleJobsFunction")
    waits = 2 * NO_RETRY["MaximumEventAgeInSeconds"]
    return waits + sum(int(resources[name]["Properties"]["Timeout"]) for name in steps)


def test_a_claim_outlasts_deliver_and_settle_jobs() -> None:
    assert longest_way(jobs()) < CLAIM.total_seconds()
    slow = jobs()
    with_value(120, "DeliverFunction", "Properties", "Timeout")(slow)
    assert longest_way(slow) >= CLAIM.total_seconds()


def test_nothing_has_an_alias_or_takes_executions_from_the_routes() -> None:
    resources = jobs()
    assert not list(of_type(resources, "AWS::Lambda::Alias"))
    for name, function in of_type(resources, "AWS::Lambda::Function"):
        assert "ReservedConcurrentExecutions" not in function, name


def test_what_sends_mails_is_outside_of_the_network_and_knows_no_database() -> None:
    functions = dict(of_type(jobs(), "AWS::Lambda::Function"))
    assert "VpcConfig" not in functions["DeliverFunction"]
    assert "Layers" not in functions["DeliverFunction"]
    assert "DATABASE_URL" not in functions["DeliverFunction"]["Environment"]["Variables"]
    assert all("VpcConfig" in functions[name] for name in set(functions) - {"DeliverFunction"})


def test_mails_are_sent_as_the_sender_alone_through_the_set_that_suppresses_bounces() -> None:
    resources = jobs()
    [sends] = [
        each
        for each in resources["DeliverRole"]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"]
        if each["Action"] == "ses:SendEmail"
    ]
    assert sends["Condition"] == {"StringEquals": {"ses:FromAddress": {"Ref": "MailFrom"}}}
    [(_, configuration)] = of_type(resources, "AWS::SES::ConfigurationSet")
    assert configuration["SuppressionOptions"] == {"SuppressedReasons": ["BOUNCE", "COMPLAINT"]}


def test_without_a_sender_only_what_sends_is_missing() -> None:
    resources = jobs()
    conditional = {name for name, each in resources.items() if each.get("Condition") == "Mails"}
    assert conditional == {
        "DeliverFunction",
        "DeliverFunctionEventInvokeConfig",
        "DeliverRole",
        "ConfigurationSet",
    }
    assert "Condition" not in parse(MAIN)["Resources"]["Jobs"]
    assert parse(JOBS)["Conditions"]["Mails"] == {"Fn::Not": [{"Fn::Equals": [{"Ref": "MailFrom"}, ""]}]}


def test_the_smoke_test_knows_the_routes_of_mail() -> None:
    assert mail_routes() == {
        "POST /api/v1/auth/email/undo",
        "POST /api/v1/auth/email/verification",
        "POST /api/v1/auth/email/verify",
        "POST /api/v1/auth/password/forgot",
        "POST /api/v1/auth/password/reset",
        "POST /api/v1/users",
    }


def test_the_built_functions_keep_the_texts_of_mails(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "infra/deployed/jobs", tmp_path / "Jobs/DeliverFunction")
    (tmp_path / "Jobs/template.yaml").write_text(
        "Resources:\n  DeliverFunction:\n    Type: AWS::Serverless::Function\n"
        "    Properties: {CodeUri: DeliverFunction, Handler: deliver_mail.handler}\n"
    )
    keep_own_data(tmp_path)
    kept = {file.name for file in tmp_path.glob("Jobs/DeliverFunction/texts/*")}
    assert {f"{kind}.txt" for kind in PURPOSES} | {"layout.html"} <= kept
