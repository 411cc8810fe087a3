"""The pipelines run what a contributor runs, with no more rights than that takes. `make check` lints them."""

import copy
import re
from pathlib import Path
from typing import Any

import pytest
from samtranslator.yaml_helper import yaml_parse

from infra.emulator.template_yaml import parse
from tests.infra.test_template import PIPELINE
from tests.support.client import ROOT

DEPLOY = ROOT / ".github/workflows/deploy.yml"
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
        tags = {"contents": "write" if "make release" in steps(job) else "read"}
        if rights != tags | ({"id-token": "write"} if signs_in else {}):
            found.add(f"{name}: rights")
        if signs_in and "environment" not in job:
            found.add(f"{name}: no environment, so nobody approves and the role trusts it not")
        if signs_in:
            found |= {f"{name}: {each}" for each in overlong(job)}
        if signs_in and "concurrency" not in workflow | job:
            found.add(f"{name}: two deployments may meet")
        if "environment" in job and len(workflow["jobs"]) > 1 and "concurrency" in workflow:
            found.add(f"{name}: its approval holds the other jobs")
    return found


def overlong(job: dict[str, Any]) -> set[str]:
    """Faults of a job's time: the session must outlast the job, and the role allows no longer one."""
    [credentials] = [step for step in job["steps"] if "configure-aws-credentials" in step.get("uses", "")]
    seconds = credentials["with"].get("role-duration-seconds", 3600)  # the action's own default
    found = set() if job["timeout-minutes"] * 60 < seconds else {"its session ends before it"}
    longest = parse(PIPELINE)["Resources"]["DeployRole"]["Properties"]["MaxSessionDuration"]
    return found if seconds <= longest else found | {"the role refuses so long a session"}


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.stem)
def test_its_steps_are_make_targets_and_its_rights_few(file: Path) -> None:
    assert faults(read(file)) == set()


def test_a_workflow_that_could_do_more_is_seen() -> None:
    good = read(DEPLOY)

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
    assert changed(**{"timeout-minutes": 180}) == {"staging: its session ends before it"}
    hour = credentials | {"with": {}}
    assert changed(steps=[checkout, hour]) == {"staging: its session ends before it"}
    day = credentials | {"with": {"role-duration-seconds": 86400}}
    assert changed(steps=[checkout, day]) == {"staging: the role refuses so long a session"}
    unbounded = copy.deepcopy(good)
    del unbounded["jobs"]["staging"]["concurrency"]
    assert faults(unbounded) == {"staging: two deployments may meet"}
    both = {f"{name}: its approval holds the other jobs" for name in ("staging", "prod")}
    assert faults(good | {"concurrency": {"group": "deploy"}}) == both


def test_ci_and_the_pull_requests_checks_are_the_same() -> None:
    jobs = read(ROOT / ".github/workflows/check.yml")["jobs"]
    ran = [step for job in jobs.values() for step in steps(job) if step.startswith("make")]
    local = [line for line in (ROOT / ".ci/run").read_text().splitlines() if line.startswith("make")]
    assert [step for step in ran if step != "make test-life"] == local


def never_run(workflows: list[dict[str, Any]]) -> set[str]:
    """The markers that `make test` leaves out and no job asks for."""
    left_out = set(re.findall(r"not (\w+)", (ROOT / "pyproject.toml").read_text()))
    asked = dict(
        re.findall(r'^([a-z-]+):.*##.*\n\t.* -m "?\(?([\w ]*)', (ROOT / "Makefile").read_text(), re.MULTILINE)
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


def test_actions_run_on_a_node_that_runners_have() -> None:
    """Node 20 is gone: the first majors on Node 24 are checkout 5 and configure-aws-credentials 6."""
    least = {"actions/checkout": 5, "aws-actions/configure-aws-credentials": 6}
    for file in WORKFLOWS:
        used = re.findall(r"uses: ([\w/-]+)@\w+ # v(\d+)\.", file.read_text())
        assert len(used) == file.read_text().count("uses: ")
        assert all(int(major) >= least[name] for name, major in used), file.name


def test_newer_versions_are_proposed() -> None:
    """A pin by commit stays for good unless somebody proposes the next one."""
    updates = read(ROOT / ".github/dependabot.yml")["updates"]
    assert {(each["package-ecosystem"], each["directory"]) for each in updates} == {
        ("github-actions", "/"),
        ("pip", "/"),
    }


def test_prod_follows_staging_and_both_are_called() -> None:
    jobs = read(DEPLOY)["jobs"]
    assert jobs["prod"]["needs"] == "staging"
    for stage in ("staging", "prod"):
        assert jobs[stage]["environment"] == stage
        assert steps(jobs[stage])[-2:] == [f"make deploy STAGE={stage}", f"make smoke STAGE={stage}"]


def test_the_nightly_life_is_off_until_an_account_is_given() -> None:
    nightly = read(ROOT / ".github/workflows/nightly.yml")["jobs"]["life"]
    assert nightly["if"] == "vars.NIGHTLY == 'on'"
    assert nightly["steps"][-1] == {"run": "make destroy STAGE=nightly", "if": "always()"}
