"""What `make deploy` says of a deployment that failed. botocore answers, in CloudFormation's own shapes."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from infra.tools.deployment.failures import Events
from infra.tools.deployment.preview import STACK

ARN = "arn:aws:cloudformation:eu-north-1:123456789012:stack"
ROOT, MIGRATION = f"{ARN}/acme-dev/1", f"{ARN}/acme-dev-Migration-1ABC/2"
NAME = "acme-dev"
EMBEDDED = (
    f"Embedded stack {MIGRATION} was not successfully updated. Currently in UPDATE_ROLLBACK_IN_PROGRESS "
    "with reason: The following resource(s) failed to update: [Schema]. "
)
MESSAGE = (
    "Received response status [FAILED] from custom resource. Message returned: The migration to 9 failed"
)


class Cloud:
    """A stack that lists its events in the given order."""

    def __init__(self) -> None:
        self.client = boto3.client(
            "cloudformation", region_name="eu-north-1", aws_access_key_id="x", aws_secret_access_key="x"
        )
        self.stub = Stubber(self.client)
        self._events: dict[str, list[dict[str, Any]]] = {ROOT: [], MIGRATION: []}
        self._minutes = 0

    def happens(self, stack: str, what: str, status: str, reason: str = "") -> None:
        self._minutes += 1
        physical = {"the stack": stack, "Migration": MIGRATION}.get(what, f"{what}-1")
        event = {
            "StackId": stack,
            "EventId": f"{what}-{self._minutes}",
            "StackName": stack.split("/")[1],
            "LogicalResourceId": stack.split("/")[1] if what == "the stack" else what,
            "PhysicalResourceId": physical,
            "ResourceType": STACK if physical.startswith(ARN) else "Custom::Schema",
            "Timestamp": datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=self._minutes),
            "ResourceStatus": status,
            "ResourceStatusReason": reason,
        }
        self._events[stack].insert(0, event)

    def events(self) -> Events:
        """As `make deploy` makes it before it deploys."""
        self.told(NAME)
        with self.stub:
            return Events(SimpleNamespace(client=lambda service: self.client), NAME)  # type: ignore[arg-type]

    def told(self, stack: str) -> None:
        """Expects a request for its events, which CloudFormation lists newest first."""
        events = self._events[ROOT if stack == NAME else stack]
        asked = {"StackName": stack}
        if events:
            self.stub.add_response("describe_stack_events", {"StackEvents": list(events)}, asked)
        else:
            message = f"Stack [{stack}] does not exist"
            self.stub.add_client_error(
                "describe_stack_events", "ValidationError", message, 400, expected_params=asked
            )

    def failures(self, events: Events, *stacks: str) -> list[str]:
        for stack in stacks:
            self.told(stack)
        with self.stub:
            found = events.failures()
        self.stub.assert_no_pending_responses()
        return found


@pytest.fixture
def cloud() -> Cloud:
    return Cloud()


def deployed_before(cloud: Cloud) -> None:
    """And failed: none of that is reported again."""
    for stack, what in ((ROOT, "Migration"), (MIGRATION, "Schema")):
        cloud.happens(stack, "the stack", "UPDATE_IN_PROGRESS")
        cloud.happens(stack, what, "UPDATE_FAILED", "of old")
        cloud.happens(stack, "the stack", "UPDATE_ROLLBACK_COMPLETE")


def test_a_nested_stacks_failure_is_told_in_its_resources_own_words(cloud: Cloud) -> None:
    deployed_before(cloud)
    events = cloud.events()
    cloud.happens(ROOT, "the stack", "UPDATE_IN_PROGRESS", "User Initiated")
    cloud.happens(MIGRATION, "the stack", "UPDATE_IN_PROGRESS")
    cloud.happens(MIGRATION, "Schema", "UPDATE_FAILED", MESSAGE)
    cloud.happens(MIGRATION, "the stack", "UPDATE_ROLLBACK_IN_PROGRESS", "The following resource(s) failed")
    cloud.happens(ROOT, "Migration", "UPDATE_FAILED", EMBEDDED)
    cloud.happens(ROOT, "ListUsersFunction", "UPDATE_FAILED", "Resource update cancelled")
    cloud.happens(ROOT, "the stack", "UPDATE_ROLLBACK_COMPLETE")
    assert cloud.failures(events, NAME, MIGRATION) == [f"Migration/Schema: {MESSAGE}"]


def test_a_stack_that_a_failed_creation_took_back_is_asked_for_by_its_id(cloud: Cloud) -> None:
    events = cloud.events()
    cloud.happens(ROOT, "the stack", "REVIEW_IN_PROGRESS", "User Initiated")
    cloud.happens(ROOT, "the stack", "CREATE_IN_PROGRESS", "User Initiated")
    cloud.happens(MIGRATION, "Schema", "CREATE_FAILED", MESSAGE)
    cloud.happens(
        ROOT, "Migration", "CREATE_FAILED", f"Embedded stack {MIGRATION} was not successfully created"
    )
    cloud.happens(MIGRATION, "the stack", "DELETE_COMPLETE")
    cloud.happens(ROOT, "Cluster", "DELETE_FAILED", "Cannot delete protected Cluster")
    cloud.happens(
        ROOT, "the stack", "ROLLBACK_FAILED", "The following resource(s) failed to delete: [Cluster]."
    )
    assert cloud.failures(events, NAME, MIGRATION) == [
        f"Migration/Schema: {MESSAGE}",
        "Cluster: Cannot delete protected Cluster",
    ]


def test_a_nested_stack_without_a_failed_resource_is_told_in_its_own_words(cloud: Cloud) -> None:
    """Its template or its transform was refused: the outer stack's words say no more than that it failed."""
    deployed_before(cloud)
    events = cloud.events()
    refused = "Transform AWS::Serverless-2016-10-31 failed with: Invalid Serverless Application Specification"
    cloud.happens(ROOT, "the stack", "UPDATE_IN_PROGRESS", "User Initiated")
    cloud.happens(MIGRATION, "the stack", "UPDATE_ROLLBACK_IN_PROGRESS", refused)
    cloud.happens(MIGRATION, "the stack", "UPDATE_ROLLBACK_COMPLETE", "Rolled back")
    cloud.happens(ROOT, "Migration", "UPDATE_FAILED", EMBEDDED)
    assert cloud.failures(events, NAME, MIGRATION) == [f"Migration: {refused}"]


def test_a_nested_stack_that_could_not_begin_is_told_by_the_one_around_it(cloud: Cloud) -> None:
    deployed_before(cloud)
    events = cloud.events()
    cloud.happens(ROOT, "the stack", "UPDATE_IN_PROGRESS", "User Initiated")
    cloud.happens(ROOT, "Migration", "UPDATE_FAILED", "Parameters: [Release] must have values")
    assert cloud.failures(events, NAME, MIGRATION) == ["Migration: Parameters: [Release] must have values"]


def test_a_stack_that_is_refused_as_a_whole_says_why(cloud: Cloud) -> None:
    deployed_before(cloud)
    events = cloud.events()
    cloud.happens(ROOT, "the stack", "UPDATE_IN_PROGRESS", "User Initiated")
    cloud.happens(ROOT, "the stack", "UPDATE_FAILED", "Validation failed with 1 error(s).")
    assert cloud.failures(events, NAME) == ["Validation failed with 1 error(s)."]


def test_of_a_deployment_that_did_not_begin_nothing_is_told(cloud: Cloud) -> None:
    deployed_before(cloud)
    assert cloud.failures(cloud.events(), NAME) == []
