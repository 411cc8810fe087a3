"""`make smoke` passes on a whole stack, and says in words what is missing of another."""

import os
import subprocess
from pathlib import Path

import pytest

from infra.tools.smoke.api import Api
from infra.tools.smoke.route_checks import mail_routes, routes
from infra.tools.smoke.user_journey import sign_in
from tests.emulator.client import HttpAnswer
from tests.local.conftest import Stack, new_service, running_stack
from tests.local.test_account_races import make_admin
from tests.local.test_mail import await_token
from tests.support.client import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]  # each route's function starts


def smoke(url: str, *, twice: bool = True, **environment: str) -> tuple[int, list[str]]:
    """`twice`: what fails is tried again."""
    ran = subprocess.run(
        ["make", "--no-print-directory", "smoke", f"URL={url}"],
        cwd=ROOT,
        env=os.environ | {"SMOKE_PAUSE": "0"} | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    said = ran.stdout.splitlines()
    again = [line for line in said if line.startswith("trying again ")]
    assert again == said[: twice and ran.returncode != 0]
    return ran.returncode, said[len(again) :]


def test_a_whole_stack_passes(stack: Stack) -> None:
    status, said = smoke(stack.origin)
    assert (status, len(said)) == (0, 1), said
    assert said[0].startswith(f"{stack.origin}: a user signed in")


@pytest.mark.sweep
def test_a_route_that_is_missing_is_named(project: Path, tmp_path: Path) -> None:
    template = project / "template.yaml"
    text = template.read_text()
    route = "Method: GET, Path: /api/v1/users,"
    assert route in text
    template.write_text(text.replace(route, "Method: GET, Path: /api/v1/elsewhere,"))
    with running_stack(tmp_path / "data", project) as stack:
        status, said = smoke(stack.origin)
    assert status != 0
    assert said == [
        'error: GET /api/v1/users: expected 401 without a token, got 404 {"message":"Not Found"}',
        'error: GET /api/v1/users: expected an answer of its function, got 404 {"message":"Not Found"}',
    ]


@pytest.mark.sweep
def test_routes_of_mail_are_missing_without_a_sender(project: Path, tmp_path: Path) -> None:
    configuration = project / "samconfig.toml"
    configuration.write_text(configuration.read_text().replace("MailFrom=no-reply@example.com", "MailFrom="))
    with running_stack(tmp_path / "data", project) as stack:
        status, said = smoke(stack.origin)
    assert (status, len(said)) == (0, 1), said
    assert f"all {len(routes()) - len(mail_routes())} routes answer" in said[0]


def test_a_stages_own_user_is_made_by_the_first_run_and_signs_in_at_the_next(stack: Stack) -> None:
    for _ in range(2):
        assert smoke(stack.origin, SMOKE_USER="smoker", SMOKE_PASSWORD="correct horse battery")[0] == 0
    status, said = smoke(stack.origin, SMOKE_USER="smoker", SMOKE_PASSWORD="wrong")
    assert status != 0
    [error] = said
    assert error.startswith("error: log in as smoker (401 ")


def test_a_service_does_what_its_scopes_allow(stack: Stack) -> None:
    service = new_service(stack)
    credentials = f"{service['client_id']}:{service['client_secret']}"
    status, said = smoke(stack.origin, SMOKE_SERVICE=credentials)
    assert (status, len(said)) == (0, 1), said
    assert said[0].startswith(f"{stack.origin}: a service got its token")
    status, said = smoke(stack.origin, SMOKE_SERVICE=f"{service['client_id']}:wrong")
    assert status != 0
    assert said[0].startswith("error: get the service's token: expected 200, got 401 ")


@pytest.mark.sweep
def test_where_addresses_must_be_verified_it_takes_a_user_whose_address_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    credentials = {"username": "smoker", "password": "correct horse battery"}
    named = {"SMOKE_USER": credentials["username"], "SMOKE_PASSWORD": credentials["password"]}
    with running_stack(tmp_path / "data", REQUIRE_VERIFIED_EMAIL="true") as stack:

        def post(route: str, body: dict[str, str]) -> HttpAnswer:
            return stack.call("POST", f"/api/v1/auth/{route}", body, token=None)

        for environment in ({}, named):
            status, said = smoke(stack.origin, **environment)
            [error] = said
            assert status != 0
            assert "email_unverified" in error
            assert "SMOKE_USER must name an active user with a verified address" in error
        assert make_admin(stack, "smoker") == (0, "")
        assert post("login", credentials).status == 403  # `make admin` changes the role alone
        token = await_token(stack, "success+smoker@simulator.amazonses.com")
        assert post("email/verify", {"token": token}).status == 204
        for name, value in named.items():
            monkeypatch.setenv(name, value)
        token = sign_in(Api(stack.origin))  # the calls after it are those of a whole stack
        assert stack.call("GET", "/api/v1/users", token=token).status == 200


def test_where_nothing_is_it_says_so() -> None:
    status, said = smoke("http://127.0.0.1:9", twice=False)
    assert status != 0
    assert said == ["error: http://127.0.0.1:9: no answer <urlopen error [Errno 111] Connection refused>"]
