"""The gateway's own answers, and the authorizer in front of every handler."""

import hashlib
import hmac
import json
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from shared.signing_keys import public_jwk
from tests.local.conftest import Stack

type Forge = Callable[[Stack], str]


def signed(stack: Stack, headers: dict[str, Any] | None = None, key: Any = None, **claims: Any) -> str:
    pem = stack.issuer.key_file.read_bytes()
    now = int(time.time())
    payload = {"iss": stack.origin, "aud": "routewise", "sub": "1", "iat": now, "exp": now + 60}
    payload |= {"type": "access"} | claims
    payload = {name: value for name, value in payload.items() if value is not None}
    header = {"kid": public_jwk(pem)["kid"]} | (headers or {})
    return jwt.encode(payload, key or pem, algorithm="RS256", headers=header)


def unsigned(stack: Stack, header: dict[str, str], key: bytes | None = None) -> str:
    def part(value: bytes) -> bytes:
        return urlsafe_b64encode(value).rstrip(b"=")

    payload = jwt.decode(signed(stack), options={"verify_signature": False})
    kid = public_jwk(stack.issuer.key_file.read_bytes())["kid"]
    message = part(json.dumps({"kid": kid} | header).encode()) + b"." + part(json.dumps(payload).encode())
    signature = hmac.digest(key, message, hashlib.sha256) if key else b""
    return (message + b"." + part(signature)).decode()


def public_pem(stack: Stack) -> bytes:
    key = load_pem_private_key(stack.issuer.key_file.read_bytes(), None)
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


REFUSED: dict[str, Forge] = {
    "text": lambda stack: "abc",
    "expired": lambda stack: signed(stack, exp=int(time.time()) - 1),
    "without exp": lambda stack: signed(stack, exp=None),
    "not yet valid": lambda stack: signed(stack, nbf=int(time.time()) + 60),
    "issued in the future": lambda stack: signed(stack, iat=int(time.time()) + 60),
    "foreign key": lambda stack: signed(stack, key=generate_private_key(65537, 2048)),
    "other audience": lambda stack: signed(stack, aud="other"),
    "no audience": lambda stack: signed(stack, aud=None),
    "other issuer": lambda stack: signed(stack, iss="https://other.test"),
    "issuer with a slash": lambda stack: signed(stack, iss=stack.origin + "/"),
    "unknown kid": lambda stack: signed(stack, headers={"kid": "other"}),
    "no kid": lambda stack: signed(stack, headers={"kid": ""}),
    "alg none": lambda stack: unsigned(stack, {"alg": "none"}),
    "HS256 with the public key": lambda stack: unsigned(stack, {"alg": "HS256"}, public_pem(stack)),
}


@pytest.mark.parametrize("forge", REFUSED.values(), ids=REFUSED)
def test_a_bad_token_is_refused_before_the_handler(stack: Stack, forge: Forge) -> None:
    before = len(stack.call("GET", "/api/v1/items?limit=100").json())
    answer = stack.call("POST", "/api/v1/items", {"name": "forged"}, token=forge(stack))
    assert (answer.status, answer.body) == (401, b'{"message":"Unauthorized"}')
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["www-authenticate"].startswith('Bearer scope="" error="invalid_token"')
    assert "apigw-requestid" in answer.headers
    assert "x-request-id" not in answer.headers  # every answer of a handler has one
    assert len(stack.call("GET", "/api/v1/items?limit=100").json()) == before


def test_no_token_is_refused_in_the_same_form(stack: Stack) -> None:
    answer = stack.call("GET", "/api/v1/items", token=None)
    assert (answer.status, answer.body) == (401, b'{"message":"Unauthorized"}')
    assert answer.headers["www-authenticate"] == "Bearer"
    assert "x-request-id" not in answer.headers


@pytest.mark.parametrize("claims", [{"aud": ["other", "routewise"]}, {"aud": None, "client_id": "routewise"}])
def test_an_audience_may_be_a_list_or_a_client_id(stack: Stack, claims: dict[str, Any]) -> None:
    assert stack.call("GET", "/api/v1/items", token=signed(stack, **claims)).status == 200


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/nowhere"), ("HEAD", "/health"), ("PATCH", "/api/v1/items/1"), ("GET", "/api/v1/items/")],
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
        "OPTIONS", "/api/v1/items", headers=origin | {"Access-Control-Request-Method": "POST"}, token=None
    )
    assert preflight.status == 204
    assert preflight.headers["access-control-allow-origin"] == "http://localhost:5173"
    assert preflight.headers["access-control-allow-credentials"] == "true"
    assert "idempotency-key" in preflight.headers["access-control-allow-headers"]
    answer = stack.call("GET", "/api/v1/items", headers=origin)
    assert answer.headers["access-control-allow-origin"] == "http://localhost:5173"
    assert "ETag" in answer.headers["access-control-expose-headers"]
    stranger = stack.call("GET", "/api/v1/items", headers={"Origin": "http://evil.test"})
    assert not [name for name in stranger.headers if name.startswith("access-control")]


def test_bodies_over_the_limits(stack: Stack) -> None:
    body = {"name": "x", "description": "y" * 2**21}
    answer = stack.call("POST", "/api/v1/items", body)
    assert (answer.status, answer.json()["error"]) == (413, "payload_too_large")
    answer = stack.call("POST", "/api/v1/items", {"name": "y" * 11 * 2**20})
    assert (answer.status, answer.body) == (413, b'{"message":"Request Entity Too Large"}')
    assert stack.call("GET", "/api/v1/items").status == 200


def test_eight_calls_with_one_key_in_flight_make_one_row(stack: Stack) -> None:
    def create(_: int) -> tuple[int, bytes]:
        answer = stack.call("POST", "/api/v1/items", {"name": "once"}, {"Idempotency-Key": "parallel"})
        return answer.status, answer.body

    with ThreadPoolExecutor(8) as pool:
        answers = set(pool.map(create, range(8)))
    [(status, body)] = answers
    assert status == 201
    names = [item["name"] for item in stack.call("GET", "/api/v1/items?limit=100").json()]
    assert names.count("once") == 1
    assert json.loads(body)["name"] == "once"


def test_of_eight_updates_of_one_version_one_passes(stack: Stack) -> None:
    created = stack.call("POST", "/api/v1/items", {"name": "v0"})
    place, version = created.headers["location"], created.headers["etag"]

    def update(number: int) -> int:
        return stack.call("PUT", place, {"name": f"v{number}"}, {"If-Match": version}).status

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(update, range(1, 9))) == [200] + [412] * 7
