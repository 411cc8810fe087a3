"""The JWT authorizer.

Source: API Gateway developer guide, "Control access to HTTP APIs with JWT authorizers".
"""

import http.client
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from shared.runtime.product import NAME

import jwt
import pytest

from infra.local.keys import ensure_key
from tests.emulator.client import HttpAnswer, read_answer
from tests.emulator.sample_project import Sample
from tests.support.issuer import IssuerServer


@pytest.fixture(scope="module")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[IssuerServer]:
    key = tmp_path_factory.mktemp("issuer") / "key.pem"
    ensure_key(key)
    running = IssuerServer(key)
    yield running
    running.close()


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory, issuer: IssuerServer) -> Iterator[Sample]:
    running = Sample(tmp_path_factory.mktemp("sample"), issuer.url)
    yield running
    running.stop()


def get(sample: Sample, token: str, path: str = "/private") -> HttpAnswer:
    return sample.call("GET", path, headers={"Authorization": f"Bearer {token}"})


def test_claims_arrive_as_texts(sample: Sample, issuer: IssuerServer) -> None:
    token = issuer.token(n=1, yes=True, many=["a", "b"], sub="7")
    authorizer = get(sample, token).json()["requestContext"]["authorizer"]
    claims = authorizer["jwt"]["claims"]
    assert (claims["n"], claims["yes"], claims["many"], claims["sub"]) == ("1", "true", "[a b]", "7")
    assert authorizer["jwt"]["scopes"] is None


def test_a_public_route_has_no_authorizer_in_its_event(sample: Sample) -> None:
    assert "authorizer" not in sample.call("GET", "/posts/1").json()["requestContext"]


@pytest.mark.parametrize(
    "claims", [{"aud": "second"}, {"aud": ["x", "second"]}, {"aud": None, "client_id": "second"}]
)
def test_one_audience_that_is_configured_is_enough(
    sample: Sample, issuer: IssuerServer, claims: dict[str, Any]
) -> None:
    assert get(sample, issuer.token(**claims)).status == 200


def test_a_client_id_does_not_count_beside_an_audience(sample: Sample, issuer: IssuerServer) -> None:
    answer = get(sample, issuer.token(aud="other", client_id=NAME))
    assert answer.status == 401
    assert answer.headers["www-authenticate"] == (
        'Bearer scope="" error="invalid_token" error_description="the token does not have a valid audience"'
    )


@pytest.mark.parametrize(
    "claims", [{"scope": "read"}, {"scope": "x write"}, {"scp": ["write"]}, {"scp": "read"}]
)
def test_one_of_the_routes_scopes_is_enough(
    sample: Sample, issuer: IssuerServer, claims: dict[str, Any]
) -> None:
    answer = get(sample, issuer.token(**claims), "/scoped")
    assert answer.json()["requestContext"]["authorizer"]["jwt"]["scopes"] == ["read", "write"]


@pytest.mark.parametrize("claims", [{}, {"scope": "reader"}, {"scp": []}])
def test_none_of_them_is_403(sample: Sample, issuer: IssuerServer, claims: dict[str, Any]) -> None:
    answer = get(sample, issuer.token(**claims), "/scoped")
    assert (answer.status, answer.body) == (403, b'{"message":"Forbidden"}')


@pytest.mark.parametrize(
    "claims", [{"exp": -1}, {"nbf": 60}, {"iat": 60}], ids=["expired", "not yet valid", "from the future"]
)
def test_times_are_checked(sample: Sample, issuer: IssuerServer, claims: dict[str, int]) -> None:
    moved = {name: int(time.time()) + seconds for name, seconds in claims.items()}
    assert get(sample, issuer.token(**moved)).status == 401


def test_a_token_without_the_bearer_prefix_is_taken_too(sample: Sample, issuer: IssuerServer) -> None:
    assert sample.call("GET", "/private", headers={"Authorization": issuer.token()}).status == 200


def test_two_authorization_fields_are_no_token(sample: Sample, issuer: IssuerServer) -> None:
    """They come to the authorizer as one, joined by a comma."""
    connection = http.client.HTTPConnection("127.0.0.1", sample.port, timeout=10)
    connection.putrequest("GET", "/private")
    for _ in range(2):
        connection.putheader("Authorization", f"Bearer {issuer.token()}")
    connection.endheaders()
    answer = read_answer(connection)
    connection.close()
    assert (answer.status, answer.body) == (401, b'{"message":"Unauthorized"}')


def test_an_unknown_kid_has_the_keys_fetched_once_in_a_while(sample: Sample, issuer: IssuerServer) -> None:
    get(sample, issuer.token())
    before = len(issuer.fetches)
    for number in range(10):
        assert get(sample, issuer.token(headers={"kid": f"unknown {number}"})).status == 401
    assert len(issuer.fetches) - before <= 2


@pytest.mark.parametrize("algorithm", ["RS256", "RS384", "RS512"])
def test_a_key_without_an_algorithm_serves_each(tmp_path: Path, algorithm: str) -> None:
    """Source: RFC 7517, 4.4: `alg` is optional."""
    ensure_key(tmp_path / "key.pem")
    issuer = IssuerServer(tmp_path / "key.pem")
    del issuer.jwk["alg"]
    sample = Sample(tmp_path / "sample", issuer.url)
    try:
        assert get(sample, issuer.token(algorithm=algorithm)).status == 200
        assert get(sample, issuer.token(algorithm="PS256")).status == 401
    finally:
        sample.stop()
        issuer.close()


def test_a_key_with_an_algorithm_serves_no_other(sample: Sample, issuer: IssuerServer) -> None:
    assert get(sample, issuer.token(algorithm="RS512")).status == 401


@pytest.mark.parametrize(
    ("claims", "status"),
    [
        *(({"scope": scope}, 403) for scope in (None, 7, {"read": 1}, [["read"]])),
        *(({"aud": audience}, 401) for audience in ({}, 7, None, [{}], [[NAME]])),
        *(({"iss": ["x"]}, 401), ({"exp": "soon"}, 401), ({"exp": {}}, 401)),
    ],
)
def test_claims_of_other_types_are_refused(
    sample: Sample, issuer: IssuerServer, claims: dict[str, Any], status: int
) -> None:
    token = jwt.api_jws.encode(
        json.dumps(issuer.claims() | claims).encode(), issuer.pem, "RS256", {"kid": issuer.jwk["kid"]}
    )
    assert get(sample, token, "/scoped").status == status
