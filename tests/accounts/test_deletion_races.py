"""Deletions and other calls at the same time, in both orders."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from infra.local.postgres import Cluster
from tests.accounts.conftest import PASSWORD, Person, refresh, register, sign_in
from tests.accounts.environments import Environment, overlap, two_environments
from tests.accounts.test_overlaps import live_families
from tests.conftest import NewUser
from tests.support.client import Answer, Client
from tests.support.sample_calls import id_of

ROUNDS = 5

type Call = Callable[[], Answer]

in_both_orders = pytest.mark.parametrize(
    "deleted_first", [True, False], ids=["deleted first", "deleted last"]
)


def warm_up(client: Client) -> None:
    sign_in(client), refresh(client, "unknown"), client.delete("/api/v1/users/1")
    client.post("/api/v1/users/me/deletion", json={}), client.put("/api/v1/users/1/follow")
    client.put("/api/v1/users/1", json={})


@pytest.fixture(scope="module")
def environments(cluster: Cluster, key_file: Path) -> Iterator[list[Environment]]:
    with two_environments(cluster, key_file, warm_up) as running:
        yield running


def deletion(client: Client, person: Person) -> Call:
    body = {"current_password": PASSWORD}
    return lambda: client.as_user(person.id).post("/api/v1/users/me/deletion", json=body)


def row_of(user_id: int) -> str:
    return f"SELECT FROM users WHERE id = {user_id}"


@pytest.mark.parametrize(
    "order",
    [
        pytest.param([(0, 0), (1, 1)], id="each deletes themselves"),
        pytest.param([(1, 1), (0, 0)], id="in the other order"),
        pytest.param([(0, 1), (1, 0)], id="each deletes the other"),
    ],
)
def test_two_admins_who_leave_at_once_leave_one(
    environments: list[Environment], db: sa.Connection, new_user: NewUser, order: list[tuple[int, int]]
) -> None:
    admins = [new_user(name, role="admin") for name in ("root", "toor")]
    clients = [each.serve(admin) for each, admin in zip(environments, admins, strict=True)]
    paths = [f"/api/v1/users/{id_of(admin)}" for admin in admins]
    calls = [lambda by=by, who=who: clients[by].delete(paths[who]) for by, who in order]
    answers = overlap(db, row_of(id_of(admins[0])), *calls)
    assert [answer.status for answer in answers] == [204, 422]
    assert db.scalar(sa.text("SELECT count(*) FROM users WHERE role = 'admin' AND is_active")) == 1


def test_an_admin_who_is_demoted_meanwhile_counts_no_longer(
    environments: list[Environment], db: sa.Connection, new_user: NewUser
) -> None:
    admins = [new_user(name, role="admin") for name in ("root", "toor")]
    here, there = (each.serve(admin) for each, admin in zip(environments, admins, strict=True))
    mine, theirs = (f"/api/v1/users/{id_of(admin)}" for admin in admins)
    answers = overlap(
        db,
        row_of(id_of(admins[1])),
        lambda: here.put(theirs, json={"role": "user"}),
        lambda: there.delete(mine),
    )
    assert [answer.status for answer in answers] == [200, 422]


@in_both_orders
def test_no_session_of_a_sign_in_under_way_is_left(
    here: Client, there: Client, anyone: Client, db: sa.Connection, deleted_first: bool
) -> None:
    for _ in range(ROUNDS):
        alice = register(anyone)
        calls: list[Call] = [deletion(here, alice), lambda: sign_in(there)]
        answers = overlap(db, row_of(alice.id), *(calls if deleted_first else calls[::-1]))
        assert [answer.status for answer in answers] == ([204, 401] if deleted_first else [200, 204])
        assert live_families(db) == 0


@in_both_orders
def test_a_refresh_under_way_leaves_no_session(
    here: Client, there: Client, anyone: Client, db: sa.Connection, deleted_first: bool
) -> None:
    for _ in range(ROUNDS):
        alice = register(anyone)
        token = sign_in(anyone).json()["refresh_token"]
        family = "SELECT FROM refresh_families WHERE revoked_at IS NULL"
        calls: list[Call] = [deletion(here, alice), lambda token=token: refresh(there, token)]
        answers = overlap(db, family, *(calls if deleted_first else calls[::-1]))
        assert [answer.status for answer in answers] == ([204, 401] if deleted_first else [200, 204])
        assert live_families(db) == 0


@in_both_orders
def test_a_follow_under_way_is_shown_to_nobody(
    here: Client, there: Client, anyone: Client, db: sa.Connection, deleted_first: bool
) -> None:
    bob = register(anyone, "bob")
    for _ in range(ROUNDS):
        alice = register(anyone)
        path = f"/api/v1/users/{alice.id}/follow"
        calls: list[Call] = [deletion(here, alice), lambda path=path: there.as_user(bob.id).put(path)]
        answers = overlap(db, row_of(alice.id), *(calls if deleted_first else calls[::-1]))
        assert [answer.status for answer in answers] == [204, 204]  # the follow came first
        assert anyone.get(f"/api/v1/users/{bob.id}/following").json() == []


def test_of_two_deletions_at_once_one_is_made(
    here: Client, there: Client, anyone: Client, db: sa.Connection
) -> None:
    for _ in range(ROUNDS):
        alice = register(anyone)
        answers = overlap(db, row_of(alice.id), deletion(here, alice), deletion(there, alice))
        assert [answer.status for answer in answers] == [204, 401]


def test_an_environment_that_still_knows_the_caller_refuses_the_token(here: Client, alice: Person) -> None:
    me = "/api/v1/users/me"
    passwords = {"current_password": PASSWORD, "new_password": "rabbit hole 1865"}
    assert alice.client.get(me).status == 200
    assert deletion(here, alice)().status == 204
    answers = [
        alice.client.get(me),
        alice.client.put(me, json={"name": "Alice"}),
        alice.client.put(me, json={"email": "new@example.com", "current_password": PASSWORD}),
        alice.client.put(f"{me}/password", json=passwords),
        deletion(alice.client, alice)(),
    ]
    assert [(each.status, each.error) for each in answers] == [(401, "unauthorized")] * len(answers)
