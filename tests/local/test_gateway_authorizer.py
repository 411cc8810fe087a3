"""The gateway's own answers, and the authorizer in front of every handler."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from shared.runtime.product import NAME

import pytest

from tests.docs.follow_links import rows
from tests.local.conftest import Stack, running_stack
from tests.support.issuer import FORGERIES, FORGERIES_OF_OURS, Signer


@pytest.mark.parametrize("forge", FORGERIES.values(), ids=FORGERIES)
def test_a_forged_token_is_refused_before_the_handler(stack: Stack, forge: Callable[[Signer], str]) -> None:
    before = len(stack.call("GET", "/api/v1/gadgets?limit=100").json())
    answer = stack.call("POST", "/api/v1/gadgets", {"name": "forged"}, token=forge(stack.signer))
    assert (answer.status, answer.body) == (401, b'{"message":"Unauthorized"}')
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["www-authenticate"].startswith('Bearer scope="" error="invalid_token"')
    assert "apigw-requestid" in answer.headers
    assert "x-request-id" not in answer.headers  # every answer of a handler has one
    assert len(stack.call("GET", "/api/v1/gadgets?limit=100").json()) == before


@pytest.mark.parametrize("forge", FORGERIES_OF_OURS.values(), ids=FORGERIES_OF_OURS)
def test_what_only_we_know_is_refused_by_the_handler(stack: Stack, forge: Callable[[Signer], str]) -> None:
    answer = stack.call("GET", "/api/v1/gadgets", token=forge(stack.signer))
    assert (answer.status, answer.json()["error"]) == (401, "unauthorized")


def test_a_token_of_a_megabyte_is_refused(stack: Stack) -> None:
    assert stack.call("GET", "/api/v1/gadgets", token="x" * 2**20).status in (400, 431)
    assert stack.call("GET", "/api/v1/gadgets").status == 200


def test_no_token_is_refused_in_the_same_form(stack: Stack) -> None:
    answer = stack.call("GET", "/api/v1/gadgets", token=None)
    assert (answer.status, answer.body) == (401, b'{"message":"Unauthorized"}')
    assert answer.headers["www-authenticate"] == "Bearer"
    assert "x-request-id" not in answer.headers


def test_an_audience_may_be_a_list(stack: Stack) -> None:
    token = stack.signer.token(aud=["other", NAME])
    assert stack.call("GET", "/api/v1/gadgets", token=token).status == 200


def test_a_client_id_stands_for_the_audience(stack: Stack) -> None:
    """The gateway lets it in. To the API it is a service's token, which lacks the scope."""
    answer = stack.call("GET", "/api/v1/gadgets", token=stack.signer.token(aud=None, client_id=NAME))
    assert (answer.status, answer.json()["error"]) == (403, "insufficient_scope")


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/nowhere"), ("HEAD", "/health"), ("PATCH", "/api/v1/gadgets/1"), ("GET", "/api/v1/gadgets/")],
)
def test_unknown_routes_and_methods_are_404(stack: Stack, method: str, path: str) -> None:
    answer = stack.call(method, path)
    assert answer.status == 404
    if method != "HEAD":
        assert answer.body == b'{"message":"Not Found"}'


def test_public_routes_need_no_token(stack: Stack) -> None:
    assert stack.call("GET", "/health", token=None).json() == {"status": "ok"}
    root = stack.call("GET", "/", token=None).json()
    assert set(root) == {"name", "version", "docs", "openapi"}
    readiness = stack.call("GET", "/api/v1/health", token=None)
    assert (readiness.status, readiness.json()["checks"]["database"]["status"]) == (200, "ok")
    discovery = stack.call("GET", "/.well-known/openid-configuration", token=None).json()
    assert discovery["issuer"] == stack.origin
    [key] = stack.call("GET", "/.well-known/jwks.json", token=None).json()["keys"]
    assert (key["kty"], key["alg"], key["use"]) == ("RSA", "RS256", "sig")
    assert not set(key) & {"d", "p", "q"}


def test_cors_is_the_gateways(stack: Stack) -> None:
    origin = {"Origin": "http://localhost:5173"}
    preflight = stack.call(
        "OPTIONS", "/api/v1/gadgets", headers=origin | {"Access-Control-Request-Method": "POST"}, token=None
    )
    assert preflight.status == 204
    assert preflight.headers["access-control-allow-origin"] == "http://localhost:5173"
    assert preflight.headers["access-control-allow-credentials"] == "true"
    assert "idempotency-key" in preflight.headers["access-control-allow-headers"]
    answer = stack.call("GET", "/api/v1/gadgets", headers=origin)
    assert answer.headers["access-control-allow-origin"] == "http://localhost:5173"
    assert "ETag" in answer.headers["access-control-expose-headers"]
    stranger = stack.call("GET", "/api/v1/gadgets", headers={"Origin": "http://evil.test"})
    assert not [name for name in stranger.headers if name.startswith("access-control")]


@pytest.mark.slow
def test_allowed_origins_come_from_the_env_file(project: Path, tmp_path: Path) -> None:
    (project / ".env").write_text("ALLOWED_ORIGINS=http://localhost:8080, https://app.test\n")
    with running_stack(tmp_path / "data", project) as own:
        allowed = {
            origin: own.call("GET", "/health", headers={"Origin": origin}, token=None).headers.get(
                "access-control-allow-origin"
            )
            for origin in ("http://localhost:8080", "https://app.test", "http://localhost:5173")
        }
    assert allowed == {
        "http://localhost:8080": "http://localhost:8080",
        "https://app.test": "https://app.test",
        "http://localhost:5173": None,
    }


def test_bodies_over_the_limits(stack: Stack) -> None:
    body = {"name": "x", "description": "y" * 2**21}
    answer = stack.call("POST", "/api/v1/gadgets", body)
    assert (answer.status, answer.json()["error"]) == (413, "payload_too_large")
    answer = stack.call("POST", "/api/v1/gadgets", {"name": "y" * 11 * 2**20})
    assert (answer.status, answer.body) == (413, b'{"message":"Request Entity Too Large"}')
    assert stack.call("GET", "/api/v1/gadgets").status == 200


def test_eight_calls_with_one_key_in_flight_make_one_row(stack: Stack) -> None:
    def create(_: int) -> tuple[int, bytes]:
        answer = stack.call("POST", "/api/v1/gadgets", {"name": "once"}, {"Idempotency-Key": "parallel"})
        return answer.status, answer.body

    with ThreadPoolExecutor(8) as pool:
        answers = set(pool.map(create, range(8)))
    [(status, body)] = answers
    assert status == 201
    names = [item["name"] for item in stack.call("GET", "/api/v1/gadgets?limit=100").json()]
    assert names.count("once") == 1
    assert json.loads(body)["name"] == "once"


def test_of_eight_updates_of_one_version_one_passes(stack: Stack) -> None:
    created = stack.call("POST", "/api/v1/gadgets", {"name": "v0"})
    place, version = created.headers["location"], created.headers["etag"]

    def update(number: int) -> int:
        return stack.call("PUT", place, {"name": f"v{number}"}, {"If-Match": version}).status

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(update, range(1, 9))) == [200] + [412] * 7


def test_the_documented_snippet_reads_a_list_to_its_end(stack: Stack) -> None:
    for number in range(3):
        assert stack.call("POST", "/api/v1/labels", {"name": f"of the snippet {number}"}).status == 201
    found = rows(f"{stack.origin}/api/v1/labels?limit=1", stack.signer.token())
    names = [row["name"] for row in found if row["name"].startswith("of the snippet")]
    assert names == [f"of the snippet {number}" for number in (2, 1, 0)]
