"""Signing by KMS (moto's, which really signs)."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from shared.identity import keys as signing_keys
from tests.accounts.conftest import Person, sign_in
from tests.client import Client, handler_of
from tests.conftest import forget_keys
from tests.issuer import IssuerServer


@pytest.fixture
def kms(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        yield boto3.client("kms")
    signing_keys._kms.cache_clear()


def new_key(kms: Any) -> str:
    return kms.create_key(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]


def use(monkeypatch: pytest.MonkeyPatch, *keys: str) -> None:
    monkeypatch.setenv("SIGNING_KEYS", ",".join(keys))
    forget_keys()


def published() -> dict[str, list[dict[str, str]]]:
    event = {"requestContext": {"requestId": "x"}}
    return json.loads(handler_of("jwks")(event, None)["body"])


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
    kms: Any, issuer: IssuerServer, anyone: Client, alice: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, new_key(kms))
    issuer.documents["/keys"] = published()
    assert me(sign_in(anyone).json()["access_token"]) == 200


def test_a_rotation_publishes_both_keys_and_signs_with_the_first(
    kms: Any, issuer: IssuerServer, anyone: Client, alice: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = new_key(kms), new_key(kms)
    use(monkeypatch, old, new)
    before = sign_in(anyone).json()["access_token"]
    use(monkeypatch, new, old)
    issuer.documents["/keys"] = published()
    assert len(published()["keys"]) == 2
    after = sign_in(anyone).json()["access_token"]
    assert (me(before), me(after)) == (200, 200)
    use(monkeypatch, new)
    issuer.documents["/keys"] = published()
    assert (me(before), me(after)) == (401, 200)


def test_kms_down_is_503_at_sign_in_and_nothing_else_changes(
    kms: Any, issuer: IssuerServer, anyone: Client, alice: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, new_key(kms))
    issuer.documents["/keys"] = published()
    pair = sign_in(anyone).json()
    refresh = {"refresh_token": pair["refresh_token"]}
    with monkeypatch.context() as down:
        down.setenv("AWS_ENDPOINT_URL_KMS", "http://127.0.0.1:9")
        signing_keys._kms.cache_clear()
        answer = sign_in(anyone)
        assert (answer.status, answer.error, answer.headers["retry-after"]) == (
            503,
            "service_unavailable",
            "1",
        )
        assert anyone.post("/api/v1/auth/refresh", json=refresh).status == 503
        assert me(pair["access_token"]) == 200
    signing_keys._kms.cache_clear()
    assert anyone.post("/api/v1/auth/refresh", json=refresh).status == 200  # it was not spent


def test_no_key_to_be_had_is_503_at_the_key_set(kms: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, "no-such-key")
    assert handler_of("jwks")({"requestContext": {"requestId": "x"}}, None)["statusCode"] == 503
