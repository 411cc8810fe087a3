"""Services over real HTTP: `make service`, the guide, and two OAuth2 libraries as clients."""

import json
import os
import re
import runpy
import subprocess
from typing import Any

from shared.identity.scopes import scopes_of

import pytest
import requests
from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from oauthlib.oauth2 import BackendApplicationClient, InvalidClientError, InvalidScopeError

from infra import domains
from tests.local.conftest import Stack, new_service
from tests.local.test_commands import run
from tests.support.client import ROOT

SCOPES = scopes_of(domains.names())
pytestmark = pytest.mark.skipif(not SCOPES, reason="without domains there are no scopes")


@pytest.fixture(scope="module")
def service(stack: Stack) -> dict[str, str]:
    return new_service(stack)


@pytest.fixture(scope="module")
def endpoint(stack: Stack) -> str:
    return str(stack.call("GET", "/.well-known/openid-configuration").json()["token_endpoint"])


def test_the_guides_service_is_let_in_as_far_as_its_scopes_reach(
    stack: Stack, service: dict[str, str]
) -> None:
    guide = runpy.run_path(str(ROOT / "tests/clients/python/service.py"))
    session = guide["service_session"](stack.origin, **service)
    assert session.token["scope"].split() == SCOPES
    assert session.get(f"{stack.origin}/api/v1/users/me").json()["error"] == "insufficient_scope"


def test_the_guides_curl_line_gets_a_token(stack: Stack, service: dict[str, str]) -> None:
    [line] = re.findall(r"^    (curl -u .*)$", (ROOT / "docs/clients.md").read_text(), re.MULTILINE)
    variables = {name.upper(): value for name, value in service.items()} | {"API_URL": stack.origin}
    said = subprocess.run(
        ["bash", "-c", line], env=os.environ | variables, capture_output=True, text=True, check=True
    )
    assert json.loads(said.stdout)["token_type"] == "bearer"


def test_its_row_is_no_user_to_the_commands(stack: Stack, service: dict[str, str]) -> None:
    row = service["client_id"].replace("-", ":")
    said = run("token", row, data_dir=stack.data_dir).stderr
    assert said == f"error: {row} is a service; POST /api/v1/auth/token gives its tokens\n"
    assert run("admin", row, data_dir=stack.data_dir).stderr == f"error: no user is called {row}\n"
    assert row not in run("status", data_dir=stack.data_dir).stdout


def test_it_has_a_name_and_scopes_that_are_there(stack: Stack) -> None:
    assert "name the service" in run("service", " ", data_dir=stack.data_dir).stderr
    said = run("service", "import", "nowhere:read", data_dir=stack.data_dir).stderr
    assert said.startswith("error: nowhere:read is no scope here")


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post"])
class TestAuthlib:
    def test_gets_a_token(self, endpoint: str, service: dict[str, str], method: str) -> None:
        session = OAuth2Session(**service, token_endpoint_auth_method=method, scope=SCOPES[0])
        token = session.fetch_token(endpoint, grant_type="client_credentials")
        assert (token["token_type"], token["scope"]) == ("bearer", SCOPES[0])

    def test_reads_the_error(self, endpoint: str, service: dict[str, str], method: str) -> None:
        session = OAuth2Session(**service, token_endpoint_auth_method=method, scope="nowhere:read")
        with pytest.raises(OAuthError, match="invalid_scope"):
            session.fetch_token(endpoint, grant_type="client_credentials")


@pytest.mark.parametrize("by_basic", [True, False])
class TestOauthlib:
    def test_gets_a_token(self, endpoint: str, service: dict[str, str], by_basic: bool) -> None:
        token = fetch(endpoint, service, by_basic=by_basic)
        assert (token["token_type"], token["scope"]) == ("bearer", SCOPES)

    def test_reads_the_error(self, endpoint: str, service: dict[str, str], by_basic: bool) -> None:
        with pytest.raises(InvalidClientError):
            fetch(endpoint, service | {"client_secret": "wrong"}, by_basic=by_basic)
        with pytest.raises(InvalidScopeError):
            fetch(endpoint, service, by_basic=by_basic, scope="nowhere:read")


def fetch(endpoint: str, service: dict[str, str], *, by_basic: bool, scope: str | None = None) -> Any:
    client = BackendApplicationClient(service["client_id"], scope=scope)
    auth = (service["client_id"], service["client_secret"]) if by_basic else None
    secret = {} if by_basic else {"client_secret": service["client_secret"]}
    body = client.prepare_request_body(include_client_id=True, **secret)
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = requests.post(endpoint, body, headers=headers, auth=auth, timeout=60)
    return client.parse_request_body_response(answer.text)
