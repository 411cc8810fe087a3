"""The whole stack by `make deploy` into ministack, called and deleted. What comes between: test_life.py."""

import json
import re
import time
from collections.abc import Iterator
from typing import Any

import pytest

from infra.deployed.migrations import newest
from infra.deployed.migrations.bootstrap import MIGRATION_ROLE
from infra.emulator.template import load
from tests.deploy.cloud import Cloud
from tests.deploy.environment import REGION
from tests.deploy.running import MINISTACK, running_cloud
from tests.support.client import MAIL, ROOT

PATIENCE = 120  # seconds

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    assert MINISTACK.exists(), "ministack is not installed: make test-slow"
    with running_cloud(tmp_path_factory.mktemp("cloud")) as running:
        running.deploy()
        yield running


def test_every_route_of_the_template_is_deployed(cloud: Cloud) -> None:
    gateway = cloud.client("apigatewayv2")
    deployed = {
        route["RouteKey"]
        for api in gateway.get_apis()["Items"]
        for route in gateway.get_routes(ApiId=api["ApiId"], MaxResults="500")["Items"]
    }
    assert deployed == {
        route.key for route in load(ROOT / "template.yaml", "https://issuer.test", {}, MAIL).routes
    }


def test_the_migration_made_roles_and_schema(cloud: Cloud) -> None:
    assert cloud.rows("SELECT version_num FROM alembic_version") == [(newest(),)]
    owners = cloud.rows("SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'")
    assert owners == [(MIGRATION_ROLE,)]


def test_a_profile_is_kept_and_read_back(cloud: Cloud) -> None:
    status, profile = cloud.call("PUT", "/api/v1/users/me", {"name": "Pen"})
    assert (status, profile["name"]) == (200, "Pen")
    assert cloud.call("GET", "/api/v1/users/me") == (200, profile)
    assert cloud.rows("SELECT name FROM users WHERE name IS NOT NULL") == [("Pen",)]


def test_a_registration_becomes_a_mail(cloud: Cloud) -> None:
    """From the job to SES and back, by Lambda's destinations alone."""
    cloud.client("sesv2").create_email_identity(EmailIdentity=MAIL["MailFrom"])
    cloud.sign_in("mona")
    functions = cloud.client("lambda")
    [take] = [name for name in names_of(functions) if "TakeJobs" in name]
    functions.invoke(FunctionName=take, InvocationType="Event", Payload=b"{}")
    theirs = "SELECT last_error, attempts FROM jobs JOIN users ON users.id = user_id WHERE username = 'mona'"
    deadline = time.monotonic() + PATIENCE
    while not (settled := cloud.rows(f"{theirs} AND done_at IS NOT NULL")) and time.monotonic() < deadline:
        time.sleep(1)
    assert settled == [(None, 1)], cloud.rows(theirs)
    succeeded, said = cloud.make("jobs")
    assert succeeded and re.search(r"0 due, \d+ waiting, \d+ claimed, 0 dead, \d+ done", said), said


def names_of(functions: Any) -> list[str]:
    pages = functions.get_paginator("list_functions").paginate()
    return [each["FunctionName"] for page in pages for each in page["Functions"]]


def test_from_register_to_followers(cloud: Cloud) -> None:
    account = {"username": "alice", "password": "correct horse battery"}
    status, _ = cloud.call("POST", "/api/v1/auth/register", account | {"email": "a@example.com"}, user=None)
    assert status == 201
    status, pair = cloud.call("POST", "/api/v1/auth/login", account, user=None)
    assert status == 200
    body = {"refresh_token": pair["refresh_token"]}
    status, second = cloud.call("POST", "/api/v1/auth/refresh", body, user=None)
    assert status == 200
    cloud.tokens["alice"] = second["access_token"]
    status, me = cloud.call("GET", "/api/v1/users/me", user="alice")
    assert (status, me["username"]) == (200, "alice")
    assert cloud.call("PUT", f"/api/v1/users/{me['id']}/follow", user=None)[0] == 401
    assert cloud.call("PUT", f"/api/v1/users/{me['id']}/follow")[0] == 204  # by another user
    [shown] = cloud.call("GET", f"/api/v1/users/{me['id']}/followers", user=None)[1]
    assert shown["id"] != me["id"]


def test_the_gateway_lets_nobody_in_without_a_token(cloud: Cloud) -> None:
    assert cloud.call("GET", "/api/v1/users/me", user=None)[0] == 401


def test_the_api_reaches_its_database(cloud: Cloud) -> None:
    status, report = cloud.call("GET", "/api/v1/health", user=None)
    assert (status, report["checks"]["database"]["status"]) == (200, "ok")


def test_the_api_document_is_served_from_its_layer(cloud: Cloud) -> None:
    status, document = cloud.call("GET", "/openapi.json", user=None)
    assert (status, document) == (200, json.loads((ROOT / "docs/openapi.json").read_text()))


def test_every_function_carries_the_release(cloud: Cloud) -> None:
    live = cloud.live().values()
    [release] = {each["Environment"]["Variables"]["RELEASE"] for each in live}
    assert re.fullmatch(r"test-[0-9a-f]{16}", release)


def test_it_went_where_the_operators_profile_says(cloud: Cloud) -> None:
    assert all(f":{REGION}:" in each["FunctionArn"] for each in cloud.live().values())


def test_the_stack_can_be_deleted_and_the_data_stays(cloud: Cloud) -> None:
    cloud.delete()
    assert cloud.client("apigatewayv2").get_apis()["Items"] == []
    assert cloud.rows("SELECT count(*) FROM follows") == [(1,)]
