"""Lists the changes of a deployment, nested stacks included, which SAM's own change set omits."""

import hashlib
import re
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import boto3
from botocore.exceptions import ClientError, WaiterError

CHANGE_SET = re.compile(r"arn:[\w-]+:cloudformation:[^\s\"]+:changeSet/[^\s\"]+")
NESTED = re.compile(r"Location: (?P<base>https?://[^/\s]+/(?P<bucket>[^/\s]+)/)")
STACK = "AWS::CloudFormation::Stack"
UNCHANGED = (
    "didn't contain changes",
    "No updates are to be performed",
)  # an empty change set fails


UNDER_WAY = ("CREATE_PENDING", "CREATE_IN_PROGRESS")
PATIENCE, PAUSE = 30, 2  # times, seconds


class PreviewFailed(Exception):
    """The changes cannot be determined; the message says why."""


@dataclass(frozen=True)
class Change:
    """One resource's change. `where` names it with the stacks around it: Database/Cluster."""

    where: str
    type: str
    action: str  # Add, Modify, Remove
    replacement: str = "False"  # True, Conditional, False
    properties: frozenset[str] = field(default_factory=frozenset)


@dataclass(frozen=True)
class Plan:
    """A deployment's changes, and the stack's parameters before and after it."""

    changes: list[Change]
    before: dict[str, str]
    after: dict[str, str]


class Preview:
    def __init__(self, session: boto3.Session, stack: str) -> None:
        self._formation, self._storage = session.client("cloudformation"), session.client("s3")
        self._stack = stack

    def exists(self) -> bool:
        try:
            return bool(
                self._described()["StackStatus"] != "REVIEW_IN_PROGRESS"
            )  # only a change set exists, no stack yet
        except ClientError as error:
            if "does not exist" in str(error):
                return False
            raise

    def plan(self, sam_deploy: Sequence[str]) -> Plan | None:
        """Returns what this `sam deploy` would change, None if nothing. It changes nothing itself.

        Errors: PreviewFailed.
        """
        sams_own = self._upload(sam_deploy)
        if sams_own is None:
            return None
        try:
            with_nested = self._with_nested_stacks(sams_own)
            try:
                if not self._made(with_nested):
                    return None
                after = self._formation.describe_change_set(ChangeSetName=with_nested)
                changes = list(self._read(with_nested, ""))
                return Plan(changes, _parameters(self._described()), _parameters(after))
            finally:
                self._formation.delete_change_set(ChangeSetName=with_nested)
        finally:
            self._formation.delete_change_set(ChangeSetName=sams_own)

    def _described(self) -> dict[str, Any]:
        [stack] = self._formation.describe_stacks(StackName=self._stack)["Stacks"]
        return dict(stack)

    def _upload(self, sam_deploy: Sequence[str]) -> str | None:
        """Makes SAM's change set without executing it. Returns None if SAM found no change."""
        command = [*sam_deploy, "--no-execute-changeset"]
        ran = subprocess.run(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
        )
        if ran.returncode != 0:
            raise PreviewFailed(f"sam deploy failed.\n{ran.stdout.strip()}")
        found = CHANGE_SET.findall(ran.stdout)
        return found[-1] if found else None

    def _with_nested_stacks(self, change_set: str) -> str:
        """Makes a change set that includes nested stacks, from the same template and parameters: SAM lacks
        that option.
        """
        same = self._formation.describe_change_set(ChangeSetName=change_set)
        template = self._formation.get_template(ChangeSetName=change_set, TemplateStage="Original")[
            "TemplateBody"
        ]
        made = self._formation.create_change_set(
            StackName=self._stack,
            ChangeSetName=f"preview-{time.time_ns()}",
            TemplateURL=self._url(template),
            Parameters=same["Parameters"],
            Capabilities=same["Capabilities"],
            Tags=same.get("Tags", []),
            IncludeNestedStacks=True,
        )
        return str(made["Id"])

    def _url(self, template: Any) -> str:
        """Returns the template's address in the bucket of its nested ones: it is too long to send."""
        found = NESTED.search(template)
        assert found is not None, "the template has no nested stack"
        key = f"{hashlib.sha256(template.encode()).hexdigest()}.template"
        self._storage.put_object(Bucket=found["bucket"], Key=key, Body=template.encode())
        return f"{found['base']}{key}"

    def _made(self, change_set: str) -> bool:
        """Whether there is something in it."""
        try:
            waiter = self._formation.get_waiter("change_set_create_complete")
            waiter.wait(ChangeSetName=change_set, WaiterConfig={"Delay": 2, "MaxAttempts": 300})
        except WaiterError as error:
            reason = str(error.last_response.get("StatusReason", error))
            if any(words in reason for words in UNCHANGED):
                return False
            reasons = "; ".join(self._reasons(change_set))
            raise PreviewFailed(f"the changes of the nested stacks cannot be read: {reasons}") from None
        return True

    def _reasons(self, change_set: str) -> Iterator[str]:
        """The reasons of the nested change sets that failed: the outer one only names them."""
        answer = self._ended(change_set)
        reason = " ".join(answer.get("StatusReason", "CloudFormation gives no reason").split())
        nested = CHANGE_SET.findall(reason)
        for each in nested:
            yield from self._reasons(each.rstrip(".,"))
        if not nested:
            yield f"{answer['StackName']}: {reason}"

    def _ended(self, change_set: str) -> Mapping[str, Any]:
        """A nested change set may go on for a while after the one around it has failed."""
        for _ in range(PATIENCE):
            answer = self._formation.describe_change_set(ChangeSetName=change_set)
            if answer["Status"] not in UNDER_WAY:
                break
            time.sleep(PAUSE)
        return answer

    def _read(self, change_set: str, where: str) -> Iterator[Change]:
        pages = self._formation.get_paginator("describe_change_set").paginate(ChangeSetName=change_set)
        for change in pages.search("Changes[].ResourceChange"):
            name = where + change["LogicalResourceId"]
            properties = frozenset(
                detail["Target"]["Name"] for detail in change.get("Details", []) if "Name" in detail["Target"]
            )
            yield Change(
                name, change["ResourceType"], change["Action"], change.get("Replacement", "False"), properties
            )
            if change["ResourceType"] == STACK and change["Action"] == "Remove":
                yield from self._removed(change["PhysicalResourceId"], f"{name}/")
            elif "ChangeSetId" in change:
                yield from self._read(change["ChangeSetId"], f"{name}/")

    def _removed(self, stack: str, where: str) -> Iterator[Change]:
        """All that goes with a nested stack."""
        pages = self._formation.get_paginator("list_stack_resources").paginate(StackName=stack)
        for resource in pages.search("StackResourceSummaries"):
            name = where + resource["LogicalResourceId"]
            yield Change(name, resource["ResourceType"], "Remove")
            if resource["ResourceType"] == STACK:
                yield from self._removed(resource["PhysicalResourceId"], f"{name}/")


def _parameters(answer: Mapping[str, Any]) -> dict[str, str]:
    return {each["ParameterKey"]: each["ParameterValue"] for each in answer.get("Parameters", [])}
