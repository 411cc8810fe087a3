"""Signing by KMS (moto's, which really signs)."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from shared.identity import keys
from shared.identity.keys import KmsKey, key_set

import boto3
import pytest
from moto import mock_aws

from tests.accounts.conftest import Person, sign_in
from tests.conftest import forget_keys
from tests.support.client import Client, handler_of
from tests.support.issuer import IssuerServer


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


@pytest.fixture
def use(issuer: IssuerServer, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """A deployment of these keys: the first signs, all are published."""

    def deploy(*key_ids: str) -> None:
        monkeypatch.setenv("SIGNING_KEY", key_ids[0])
        monkeypatch.setenv("KEY_SET", key_set(KmsKey(key_id) for key_id in key_ids))
        answer = handler_of("jwks")({"requestContext": {"requestId": "x"}}, None)
        issuer.documents["/keys"] = json.loads(answer["body"])
        forget_keys()

    return deploy


@pytest.fixture
def issuer(key_file: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[IssuerServer]:
    running = IssuerServer(key_file)
    monkeypatch.setenv("JWT_ISSUER", running.url)
    yield running
    running.close()


def me(token: str) -> int:
    headers = {"Authorization": f"Bearer {token}"}
    return Client(claims=None).get("/api/v1/users/me", headers=headers).status


def test_its_signature_passes_by_the_key_set_that_we_serve(
    kms: Any, use: Callable[..., None], anyone: Client, alice: Person
) -> None:
    use(new_key(kms))
    assert me(sign_in(anyone).json()["access_token"]) == 200


def test_a_rotation_publishes_both_keys_and_signs_with_the_first(
    kms: Any, use: Callable[..., None], issuer: IssuerServer, anyone: Client, alice: Person
) -> None:
    old, new = new_key(kms), new_key(kms)
    use(old, new)
    before = sign_in(anyone).json()["access_token"]
    use(new, old)
    assert len(issuer.documents["/keys"]["keys"]) == 2
    after = sign_in(anyone).json()["access_token"]
    assert (me(before), me(after)) == (200, 200)
    use(new)
    assert (me(before), me(after)) == (401, 200)


def test_kms_down_is_503_at_sign_in_and_nothing_else_changes(
    kms: Any, use: Callable[..., None], anyone: Client, alice: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(new_key(kms))
    pair = sign_in(anyone).json()
    refresh = {"refresh_token": pair["refresh_token"]}
    with monkeypatch.context() as down:
        down.setenv("AWS_ENDPOINT_URL_KMS", "http://127.0.0.1:9")
        keys._kms.cache_clear()
        answer = sign_in(anyone)
        assert (answer.status, answer.error, answer.headers["retry-after"]) == (
            503,
            "service_unavailable",
            "1",
        )
        assert anyone.post("/api/v1/auth/refresh", json=refresh).status == 503
        assert me(pair["access_token"]) == 200
    keys._kms.cache_clear()
    assert anyone.post("/api/v1/auth/refresh", json=refresh).status == 200  # it was not spent
