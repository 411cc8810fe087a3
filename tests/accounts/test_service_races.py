"""Secrets, tokens, calls and the deletion of a service at the same time: each pair in both orders."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from infra.local.postgres import Cluster
from tests.accounts.environments import Environment, overlap, two_environments
from tests.accounts.test_services import SERVICES, caller_of, create, token_answer
from tests.support.client import Answer, Client

SERVICE = "SELECT FROM services"
ITS_USER = "SELECT FROM users WHERE kind = 'service'"


def warm_up(client: Client) -> None:
    token_answer({"client_id": "nobody", "client_secret": "x"}, by=client)
    client.post("/api/v1/lockers", json={}), client.delete(f"{SERVICES}/1")
    client.post(f"{SERVICES}/1/secrets")


@pytest.fixture(scope="module")
def environments(cluster: Cluster, key_file: Path) -> Iterator[list[Environment]]:
    with two_environments(cluster, key_file, warm_up) as running:
        yield running


@pytest.fixture
def service(admin: Client) -> dict[str, Any]:
    return create(admin).json()


@pytest.fixture
def calls(
    environments: list[Environment], admin: Client, service: dict[str, Any]
) -> dict[str, Callable[[], Answer]]:
    """The calls by name; `rotate` and the others run in different environments."""
    here, there = (each.serve(Client()) for each in environments)
    path = f"{SERVICES}/{service['id']}"
    caller = caller_of(service)
    return {
        "rotate": lambda: replace(admin, run=here.run).post(f"{path}/secrets"),
        "rotate there": lambda: replace(admin, run=there.run).post(f"{path}/secrets"),
        "delete": lambda: replace(admin, run=here.run).delete(path),
        "token": lambda: token_answer(service, by=there),
        "call": lambda: replace(caller, run=there.run).post("/api/v1/lockers", json={"name": "pen"}),
    }


type Calls = dict[str, Callable[[], Answer]]


@pytest.mark.parametrize(
    ("first", "second", "statuses"),
    [
        ("rotate", "token", (201, 401)),
        ("token", "rotate", (200, 201)),
        ("delete", "token", (204, 401)),
        ("token", "delete", (200, 204)),
    ],
)
def test_no_token_follows_what_ends_its_secret(
    db: sa.Connection, calls: Calls, first: str, second: str, statuses: tuple[int, int]
) -> None:
    calls["rotate"]()  # the next one ends the secret that `token` has
    answers = overlap(db, SERVICE, calls[first], calls[second])
    assert tuple(each.status for each in answers) == statuses
    assert calls["token"]().error == "invalid_client"


def test_racing_rotations_each_end_a_secret(db: sa.Connection, calls: Calls, service: dict[str, Any]) -> None:
    answers = overlap(db, SERVICE, calls["rotate"], calls["rotate there"])
    secrets = [each.json()["client_secret"] for each in answers]
    assert [token_answer(service, each).status for each in secrets] == [200, 200]
    assert token_answer(service).error == "invalid_client"


@pytest.mark.parametrize(("first", "second"), [("delete", "call"), ("call", "delete")])
def test_a_call_under_way_keeps_what_it_makes_and_no_later_one_passes(
    db: sa.Connection, calls: Calls, service: dict[str, Any], first: str, second: str
) -> None:
    answers = dict(zip((first, second), overlap(db, ITS_USER, calls[first], calls[second]), strict=True))
    assert (answers["delete"].status, answers["call"].status) == (204, 201)
    assert db.scalar(sa.text("SELECT owner_id FROM lockers")) == service["id"]
    db.rollback()
    assert calls["call"]().error == "user_inactive"
