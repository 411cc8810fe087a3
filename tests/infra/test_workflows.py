"""The pipelines run what a contributor runs, with no more rights than that takes. `make check` lints them."""

import copy
import re
from pathlib import Path
from typing import Any

import pytest
from samtranslator.yaml_helper import yaml_parse

from tests.support.client import ROOT

WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
TARGETS = set(re.findall(r"^([a-z-]+):.*##", (ROOT / "Makefile").read_text(), re.MULTILINE))
PINNED = re.compile(r"[\w-]+/[\w-]+@[0-9a-f]{40}")


def read(file: Path) -> dict[str, Any]:
    return dict(yaml_parse(file.read_text()))


def steps(job: dict[str, Any]) -> list[str]:
    return [each.get("run", "") for each in job["steps"]]


def faults(workflow: dict[str, Any]) -> set[str]:
    found = set()
    if workflow["permissions"] != {"contents": "read"}:
        found.add("rights for every job")
    for name, job in workflow["jobs"].items():
        for step in job["steps"]:
            if "uses" in step and not PINNED.fullmatch(step["uses"]):
                found.add(f"{name}: {step['uses']} may change")
            command = step.get("run", "sudo .ci/packages").split()
            if command[:2] != ["sudo", ".ci/packages"] and (
                command[0] != "make" or command[1] not in TARGETS
            ):
                found.add(f"{name}: {' '.join(command)} is no target")
            if "secrets." in str(step) and "make smoke" not in str(step.get("run")):
                found.add(f"{name}: a secret")
        signs_in = any("configure-aws-credentials" in step.get("uses", "") for step in job["steps"])
        rights = job.get("permissions", {"contents": "read"})
        if rights != ({"contents": "read", "id-token": "write"} if signs_in else {"contents": "read"}):
            found.add(f"{name}: rights")
        if signs_in and "environment" not in job:
            found.add(f"{name}: no environment, so nobody approves and the role trusts it not")
    return found


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.stem)
def test_its_steps_are_make_targets_and_its_rights_few(file: Path) -> None:
    assert faults(read(file)) == set()


def test_a_workflow_that_could_do_more_is_seen() -> None:
    good = read(ROOT / ".github/workflows/deploy.yml")

    def changed(**more: Any) -> set[str]:
        workflow = copy.deepcopy(good)
        workflow["jobs"]["staging"] |= more
        return faults(workflow)

    checkout, credentials, *_ = good["jobs"]["staging"]["steps"]
    assert faults(good | {"permissions": "write-all"}) == {"rights for every job"}
    floating = [checkout | {"uses": "actions/checkout@v4"}, credentials]
    assert changed(steps=floating) == {"staging: actions/checkout@v4 may change"}
    assert changed(steps=[credentials, {"run": "sam deploy"}]) == {"staging: sam deploy is no target"}
    assert changed(steps=[credentials, {"run": "make deploy", "env": {"KEY": "${{ secrets.KEY }}"}}]) == {
        "staging: a secret"
    }
    assert changed(permissions={"contents": "write", "id-token": "write"}) == {"staging: rights"}
    without = copy.deepcopy(good)
    del without["jobs"]["staging"]["environment"]
    assert len(faults(without)) == 1


def test_ci_and_the_pull_requests_checks_are_the_same() -> None:
    jobs = read(ROOT / ".github/workflows/check.yml")["jobs"]
    ran = [step for job in jobs.values() for step in steps(job) if step.startswith("make")]
    local = [line for line in (ROOT / ".ci/run").read_text().splitlines() if line.startswith("make")]
    assert [step for step in ran if step != "make test-life"] == local


def never_run(workflows: list[dict[str, Any]]) -> set[str]:
    """The markers that `make test` leaves out and no job asks for."""
    left_out = set(re.findall(r"not (\w+)", (ROOT / "pyproject.toml").read_text()))
    asked = dict(
        re.findall(r'^([a-z-]+):.*##.*\n\t.* -m "?([\w ]*)', (ROOT / "Makefile").read_text(), re.MULTILINE)
    )
    for job in (job for workflow in workflows for job in workflow["jobs"].values()):
        for step in steps(job):
            own = re.search(r'ARGS="-m (\w+)"', step)
            left_out -= set((own[1] if own else asked.get(step.removeprefix("make "), "")).split())
    return left_out


def test_every_test_runs_somewhere() -> None:
    workflows = [read(file) for file in WORKFLOWS]
    assert never_run(workflows) == set()
    assert never_run([]) == {"slow", "artifact", "life", "sweep", "fork"}
    del workflows[[file.stem for file in WORKFLOWS].index("nightly")]["jobs"]["sweep"]
    assert never_run(workflows) == {"sweep"}


def test_prod_follows_staging_and_both_are_called() -> None:
    jobs = read(ROOT / ".github/workflows/deploy.yml")["jobs"]
    assert jobs["prod"]["needs"] == "staging"
    for stage in ("staging", "prod"):
        assert jobs[stage]["environment"] == stage
        assert steps(jobs[stage])[-2:] == [f"make deploy STAGE={stage}", f"make smoke STAGE={stage}"]


def test_deployments_are_off_until_an_account_is_given() -> None:
    assert read(ROOT / ".github/workflows/deploy.yml")["jobs"]["staging"]["if"].startswith(
        "vars.DEPLOYS == 'on' &&"
    )
    nightly = read(ROOT / ".github/workflows/nightly.yml")["jobs"]["life"]
    assert nightly["if"] == "vars.NIGHTLY == 'on'"
    assert nightly["steps"][-1] == {"run": "make destroy STAGE=nightly", "if": "always()"}
