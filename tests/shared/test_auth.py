"""The function's own verification, where the gateway passed no claims on: it fails closed."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

from shared.identity import access_tokens
from shared.identity.issuing import Issuer
from shared.identity.keys import FileKey
from shared.runtime.product import NAME
from shared.runtime.settings import settings

import pytest
import sqlalchemy as sa

from infra.local.keys import ensure_key
from tests.support.client import Answer, Client
from tests.support.issuer import FORGERIES, FORGERIES_OF_OURS, IssuerServer, Signer


@pytest.fixture
def issuer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[IssuerServer]:
    ensure_key(tmp_path / "key.pem")
    running = IssuerServer(tmp_path / "key.pem")
    monkeypatch.setenv("JWT_ISSUER", running.url)
    settings.cache_clear()
    access_tokens.issuer_keys.cache_clear()
    yield running
    running.close()
    monkeypatch.undo()
    settings.cache_clear()
    access_tokens.issuer_keys.cache_clear()


@pytest.fixture
def call(api: Client, issuer: IssuerServer) -> Callable[[str | None], Answer]:
    def with_token(token: str | None) -> Answer:
        headers = {"Authorization": f"Bearer {token}"} if token is not None else {}
        return Client(claims=None).get("/api/v1/gadgets", headers=headers)

    return with_token


type Call = Callable[[str | None], Answer]

MALFORMED = "Malformed token: unable to read header"
FAILED = "Token verification failed"


def test_a_good_token_is_enough(call: Call, issuer: IssuerServer) -> None:
    assert call(issuer.token()).status == 200
    assert call(issuer.token(aud=["other", NAME])).status == 200


def test_a_services_token_reaches_the_routes_of_its_scopes_alone(call: Call, issuer: IssuerServer) -> None:
    def service_token(scope: str) -> str:
        return issuer.token(client_id="service-1", scope=scope)

    assert call(service_token("sample:read sample:write")).status == 200
    refused = call(service_token("sample:write"))
    assert (refused.status, refused.error) == (403, "insufficient_scope")
    assert call(service_token("")).error == "insufficient_scope"


def test_the_built_in_issuers_access_tokens_are_good(
    call: Call, issuer: IssuerServer, db: sa.Connection
) -> None:
    db.execute(sa.text("INSERT INTO refresh_families (id, user_id, expires_at) VALUES (7, 1, 'infinity')"))
    db.commit()
    ours = Issuer(issuer.url, NAME, FileKey(issuer.key_file))
    assert call(ours.access_token(1, "user", 7)).status == 200
    assert call(ours.refresh_token(1)).status == 401


@pytest.mark.parametrize(
    "headers", [{}, {"Authorization": ""}, {"Authorization": "Basic eDp5"}, {"Authorization": "Bearer"}]
)
def test_without_a_token_nobody_gets_in(api: Client, issuer: IssuerServer, headers: dict[str, str]) -> None:
    answer = Client(claims=None).get("/api/v1/gadgets", headers=headers)
    assert (answer.status, answer.error) == (401, "unauthorized")
    assert answer.headers["www-authenticate"] == "Bearer"
    assert issuer.fetches == []


@pytest.mark.parametrize("token", ["x", "a.b.c", "é.é.é", "." * 5, "x" * 2**20, "eyJhbGciOiJSUzI1NiJ9"])
def test_what_is_no_token_is_malformed(call: Call, issuer: IssuerServer, token: str) -> None:
    answer = call(token)
    assert (answer.status, answer.json()["message"]) == (401, MALFORMED)
    assert issuer.fetches == []


@pytest.mark.parametrize(
    "forge", [*FORGERIES.values(), *FORGERIES_OF_OURS.values()], ids=[*FORGERIES, *FORGERIES_OF_OURS]
)
def test_a_forged_token_is_refused(call: Call, issuer: IssuerServer, forge: Callable[[Signer], str]) -> None:
    answer = call(forge(issuer))
    assert (answer.status, answer.error) == (401, "unauthorized")
    assert answer.json()["message"] in (MALFORMED, FAILED)
    assert answer.headers["www-authenticate"].startswith('Bearer error="invalid_token"')
    assert set(issuer.fetches) <= {"/.well-known/openid-configuration", "/keys"}


@pytest.mark.parametrize("algorithm", ["RS384", "RS512", "PS256"])
def test_only_rs256_counts(call: Call, issuer: IssuerServer, algorithm: str) -> None:
    assert call(issuer.token(algorithm=algorithm)).json()["message"] == FAILED


def test_keys_are_fetched_once_and_unknown_kids_cannot_cause_more(call: Call, issuer: IssuerServer) -> None:
    for _ in range(3):
        assert call(issuer.token()).status == 200
    for number in range(20):
        assert call(issuer.token(headers={"kid": f"unknown{number}"})).status == 401
    assert issuer.fetches == ["/.well-known/openid-configuration", "/keys"]


def test_a_new_key_is_found_after_the_cool_down(
    call: Call, issuer: IssuerServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert call(issuer.token()).status == 200
    ensure_key(tmp_path / "new.pem")
    new = Signer(issuer.url, tmp_path / "new.pem")
    issuer.documents["/keys"]["keys"].append(new.jwk)
    assert call(new.token()).status == 401
    later = time.monotonic() + access_tokens.COOL_DOWN + 1
    monkeypatch.setattr(time, "monotonic", lambda: later)
    assert call(new.token()).status == 200


def test_an_issuer_out_of_reach_is_503_and_is_not_asked_again_at_once(
    call: Call, issuer: IssuerServer
) -> None:
    issuer.up = False
    for _ in range(5):
        answer = call(issuer.token())
        assert (answer.status, answer.error) == (503, "service_unavailable")
        assert answer.json()["message"] == "Unable to fetch JWKS"
        assert answer.headers["retry-after"] == "1"
    assert issuer.fetches == ["/.well-known/openid-configuration"]


def test_claims_without_a_subject_are_nobody(api: Client) -> None:
    answer = Client(claims={"iss": "https://issuer.test"}).get("/api/v1/gadgets")
    assert (answer.status, answer.error) == (401, "unauthorized")
