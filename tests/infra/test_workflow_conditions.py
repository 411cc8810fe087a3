"""Whose commits are deployed: the jobs' conditions, evaluated for each kind of event."""

import re
from typing import Any

import pytest

from tests.infra.test_workflows import DEPLOY, read


def holds(expression: str, **context: Any) -> bool:
    """A job's condition, as GitHub evaluates it: what an event does not have is null."""

    def value(name: str) -> Any:
        found: Any = context
        for part in name.split("."):
            found = found.get(part) if isinstance(found, dict) else None
        return found

    expression = " ".join(expression.split()).replace("&&", " and ").replace("||", " or ")
    expression = re.sub(
        r"'[^']*'|\b(?:vars|github|inputs)(?:\.\w+)+",
        lambda found: found[0] if found[0].startswith("'") else f"value({found[0]!r})",
        expression,
    )
    return bool(eval(expression, {"value": value}))


def run_of_check(**differs: Any) -> dict[str, Any]:
    """The context of a run that a push to main of ours began, once its checks have passed."""
    run = {
        "conclusion": "success",
        "event": "push",
        "head_repository": {"full_name": "ours/acme"},
    } | differs
    return {
        "repository": "ours/acme",
        "ref": "refs/heads/main",
        "event_name": "workflow_run",
        "event": {"workflow_run": run},
    }


def dispatch(ref: str) -> dict[str, Any]:
    return {"repository": "ours/acme", "ref": ref, "event_name": "workflow_dispatch", "event": {}}


ON, MAIN = {"DEPLOYS": "on"}, "refs/heads/main"
CASES = [
    (ON, run_of_check(), True),
    (ON, dispatch(MAIN), True),
    ({}, run_of_check(), False),
    ({}, dispatch(MAIN), False),
    (ON, run_of_check(conclusion="failure"), False),
    (ON, run_of_check(event="pull_request"), False),
    (ON, run_of_check(head_repository={"full_name": "fork/acme"}), False),
    (ON, dispatch("refs/heads/other"), False),
]


def misjudged(condition: str) -> list[int]:
    return [
        number
        for number, (variables, github, runs) in enumerate(CASES)
        if holds(condition, vars=variables, github=github) != runs
    ]


def test_a_checked_push_to_our_main_is_deployed_and_nothing_else() -> None:
    """`workflow_run` names the branch of a fork, too, whose code would run with the stage's role."""
    condition = read(DEPLOY)["jobs"]["staging"]["if"]
    assert misjudged(condition) == []
    for clause in (
        "vars.DEPLOYS == 'on' &&",
        "github.ref == 'refs/heads/main' &&",
        "github.event.workflow_run.conclusion == 'success' &&",
        "github.event.workflow_run.event == 'push' &&",
    ):
        assert misjudged(condition.replace(clause, "")), clause
    assert misjudged(condition.replace("head_repository.full_name == github.repository", "event == 'push'"))


@pytest.mark.parametrize(
    ("variables", "inputs", "runs"),
    [
        ({}, {}, False),
        ({"PROD": "reviewed"}, {}, True),
        ({}, {"prod": True}, True),
        ({"PROD": "on"}, {"prod": False}, False),
    ],
)
def test_prod_waits_for_reviewers_or_for_somebodys_hand(
    variables: dict[str, str], inputs: dict[str, bool], runs: bool
) -> None:
    """A private repository has reviewers on GitHub Enterprise alone: without, it would follow by itself."""
    assert holds(read(DEPLOY)["jobs"]["prod"]["if"], vars=variables, inputs=inputs) == runs
