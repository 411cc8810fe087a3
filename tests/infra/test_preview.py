"""What `make deploy` says where CloudFormation cannot make a change set of the nested stacks.

botocore answers, in CloudFormation's own shapes.
"""

from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from infra.tools.deployment import preview
from infra.tools.deployment.preview import Preview, PreviewFailed

ARN = "arn:aws:cloudformation:eu-north-1:123456789012:changeSet"
OUTER, INNER = f"{ARN}/preview-1/11111111", f"{ARN}/preview-1-Database-1ABC/22222222"
PLACEHOLDER = "Transform AWS::LanguageExtensions failed with: Usage of {{IntrinsicFunction: is not allowed"


class Cloud:
    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.client = boto3.client(
            "cloudformation", region_name="eu-north-1", aws_access_key_id="x", aws_secret_access_key="x"
        )
        self.stub = Stubber(self.client)
        self.pauses: list[float] = []
        monkeypatch.setattr(preview.time, "sleep", self.pauses.append)
        self.preview = Preview(SimpleNamespace(client=lambda _: self.client), "acme-dev")  # type: ignore[arg-type]

    def told(self, change_set: str, stack: str, status: str, reason: str) -> None:
        answer: dict[str, Any] = {"StackName": stack, "Status": status, "StatusReason": reason}
        self.stub.add_response("describe_change_set", answer, {"ChangeSetName": change_set})

    def made(self) -> bool:
        with self.stub:
            made = self.preview._made(OUTER)
        self.stub.assert_no_pending_responses()
        return made


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Cloud:
    return Cloud(monkeypatch)


def test_a_nested_change_set_that_fails_is_told_in_its_own_words_once_it_has_ended(cloud: Cloud) -> None:
    outer = f"Nested change set {INNER} was not successfully created: Currently in FAILED."
    for _ in range(2):  # the waiter, then the reasons
        cloud.told(OUTER, "acme-dev", "FAILED", outer)
    cloud.told(INNER, "acme-dev-Database-1ABC", "CREATE_IN_PROGRESS", "")
    cloud.told(INNER, "acme-dev-Database-1ABC", "FAILED", PLACEHOLDER)
    with pytest.raises(PreviewFailed) as failed:
        cloud.made()
    assert str(failed.value).endswith(f"cannot be read: acme-dev-Database-1ABC: {PLACEHOLDER}")
    assert cloud.pauses == [preview.PAUSE]


def test_a_change_set_of_nothing_is_no_failure(cloud: Cloud) -> None:
    cloud.told(OUTER, "acme-dev", "FAILED", "The submitted information didn't contain changes.")
    assert cloud.made() is False
