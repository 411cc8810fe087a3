"""The key set is written when the stack is deployed, by KMS's own words (moto's, which has real keys)."""

import json
import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

from shared.identity import keys
from shared.identity.keys import KmsKey

import boto3
import pytest
from moto import mock_aws

import publish_key_set
from publish_key_set import handler
from tests.operations.conftest import CloudFormation


@pytest.fixture
def kms(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        yield boto3.client("kms")
    keys._kms.cache_clear()


def new_key(kms: Any) -> str:
    return kms.create_key(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]


def test_every_key_is_published_with_its_id(kms: Any, cloudformation: CloudFormation) -> None:
    pair = [new_key(kms), new_key(kms)]
    answer = cloudformation.call(handler, "Create", Keys=pair, Release="1")
    assert answer["Status"] == "SUCCESS"
    published = json.loads(answer["Data"]["KeySet"])["keys"]
    assert published == [KmsKey(key).public_jwk for key in pair]
    assert answer["Data"]["KeyIds"] == ",".join(key["kid"] for key in published)
    assert len(json.dumps(answer)) < 4096  # bytes: all that CloudFormation takes, and Lambda as environment


def test_a_key_that_kms_does_not_know_yet_is_asked_for_again(
    kms: Any, cloudformation: CloudFormation, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = new_key(kms)

    def known(_: float) -> None:
        kms.create_alias(AliasName="alias/later", TargetKeyId=key)

    clock = SimpleNamespace(sleep=known, monotonic=time.monotonic)
    monkeypatch.setattr(publish_key_set, "time", clock)
    answer = cloudformation.call(handler, "Create", Keys=["alias/later"], Release="1")
    assert (answer["Status"], answer["Data"]["KeyIds"]) == ("SUCCESS", KmsKey(key).public_jwk["kid"])


def test_a_key_that_kms_never_knows_is_said_in_its_words(
    kms: Any, cloudformation: CloudFormation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publish_key_set, "PATIENCE", 0)
    answer = cloudformation.call(handler, "Create", Keys=["alias/none"], Release="1")
    assert answer["Status"] == "FAILED"
    assert answer["Reason"].startswith("KMS does not tell the public key: ")
    assert "NotFoundException" in answer["Reason"]


def test_the_end_of_the_stack_asks_nothing(cloudformation: CloudFormation) -> None:
    assert cloudformation.call(handler, "Delete", Keys=["gone"], Release="1")["Status"] == "SUCCESS"
