"""Behind our own CloudFront: a call that does not bear its secret has come past it, and is refused."""

import hmac
from typing import Any

from shared.http import edge

import pytest

from tests.support.client import ROUTES, Client
from tests.support.redis_server import SetEnv

SECRET, FORMER = "n" * 32, "f" * 32
ISSUERS = {"openid_configuration", "jwks"}  # of the identity stack, which has a host name of its own
OURS = [row for row in ROUTES if row["operation_id"] not in ISSUERS]
STRANGERS = [None, "", "wrong", SECRET[1:], f"{SECRET},{FORMER}", "\udcff"]

# A caller that bypasses CloudFront is no client of ours: the API document omits that answer.
ANYONE = Client(holds=False)


def sent(secret: str | None) -> dict[str, str]:
    return {} if secret is None else {"X-Origin-Secret": secret}


@pytest.fixture
def behind_the_edge(set_env: SetEnv) -> None:
    set_env(ORIGIN_SECRET=f"{SECRET},{FORMER}", RATE_LIMIT="1", SIGN_IN_RATE_LIMIT="1")


@pytest.mark.usefixtures("behind_the_edge")
@pytest.mark.parametrize("row", OURS, ids=lambda row: row["operation_id"])
def test_every_route_refuses_who_comes_past_it(row: dict[str, str]) -> None:
    """Before anything is counted or looked up: there is no database here, and no 429."""
    path = row["path"].replace("{id}", "7").replace("{name}", "docs.css")
    for secret in STRANGERS:
        answer = ANYONE.call(row["method"], path, headers=sent(secret))
        assert (answer.status, answer.error) == (403, "forbidden")
        assert answer.headers["cache-control"] == "no-store"


@pytest.mark.usefixtures("behind_the_edge")
@pytest.mark.parametrize("secret", [SECRET, FORMER])
@pytest.mark.parametrize("path", ["/", "/health", "/docs", "/openapi.json"])
def test_both_secrets_of_a_rotation_are_let_in(path: str, secret: str) -> None:
    assert Client().get(path, headers=sent(secret)).status == 200


@pytest.mark.usefixtures("behind_the_edge")
@pytest.mark.parametrize("secret", [SECRET, FORMER, "wrong"])
def test_the_time_tells_nothing_of_the_secret(secret: str, monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[tuple[bytes, bytes]] = []

    def compare_digest(given: bytes, wanted: bytes) -> bool:
        compared.append((given, wanted))
        return hmac.compare_digest(given, wanted)

    monkeypatch.setattr(edge, "compare_digest", compare_digest)
    ANYONE.get("/docs", headers=sent(secret))
    assert compared == [(secret.encode(), SECRET.encode()), (secret.encode(), FORMER.encode())]


@pytest.mark.parametrize("written", ["{{resolve:ssm:/acme/prod/origin-secret:1}}", "short", "a,b"])
def test_what_is_no_secret_lets_nobody_in(written: str, set_env: SetEnv) -> None:
    """A reference that nobody resolved is known to who reads the template."""
    set_env(ORIGIN_SECRET=written)
    for path in ("/health", "/docs"):
        answer = ANYONE.get(path, headers=sent(written))
        assert (answer.status, answer.error) == (500, "internal_error")


def test_without_one_nobody_is_asked(set_env: SetEnv) -> None:
    set_env(ORIGIN_SECRET="")
    found: dict[str, Any] = {path: Client().get(path).status for path in ("/", "/docs")}
    assert found == {"/": 200, "/docs": 200}
