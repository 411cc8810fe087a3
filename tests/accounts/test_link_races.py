"""Mailed links and what voids them, at the same time: each pair in both orders."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from shared.database.engines import engine
from shared.identity import mail_tokens
from shared.identity.mail_tokens import Purpose

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from infra.local.postgres import Cluster
from tests.accounts.conftest import PASSWORD, Person, mailed, register, registration, verify
from tests.accounts.environments import Environment, overlap, two_environments
from tests.support.client import Answer, Client
from tests.support.sample_calls import id_of

OWN, FORMER, NEW = "alice@example.com", "former@example.org", "new@example.org"
ALICE = "SELECT FROM users WHERE username = 'alice'"
OUTSTANDING = sa.text("SELECT count(*) FROM mail_tokens WHERE spent_at IS NULL AND purpose <> 'undo'")

# The answer of the second call in the order first, second: what ends links ends them for who waits, too.
ACTIONS = ("deactivate", "delete", "change password", "reset", "undo", "verify", "ask for another address")
ENDS_ALL = {"deactivate", "delete", "change password", "reset", "undo", "verify"}
ENDS_PASSWORD = {"change password", "reset", "undo"}
# The links of an account that was just made, and what ends each. An invited user has no password to change.
ENDED_BY = {"confirm": sorted(ENDS_ALL), "accept": sorted(ENDS_ALL - {"change password"})}


def second_status(first: str, second: str) -> int:
    match second:
        case "deactivate" | "delete":
            return 404 if first == "delete" else 200 if second == "deactivate" else 204
        case "undo":
            return 400 if first in ("undo", "delete") else 204
        case "reset":
            return 400 if first in ENDS_ALL else 204
        case "verify":
            return 400  # the other action is the same, voids it or puts another address in its place
    if first == "deactivate" and second == "ask for another address":
        return 403
    return 401 if first in ENDS_PASSWORD | {"delete"} else 204 if second == "change password" else 200


@pytest.fixture(scope="module")
def environments(cluster: Cluster, key_file: Path) -> Iterator[list[Environment]]:
    with two_environments(cluster, key_file, lambda client: warm_up(client.as_user(1))) as running:
        yield running


def warm_up(client: Client) -> None:
    for path in ("/api/v1/users/1", "/api/v1/users/me", "/api/v1/users/me/password"):
        client.put(path, json={})
    client.delete("/api/v1/users/1")
    for route in ("register", "email/verify", "email/undo", "password/reset"):
        client.post(f"/api/v1/auth/{route}", json={})


@pytest.fixture
def clients(environments: list[Environment], anyone: Client) -> list[Client]:
    return [each.serve(anyone) for each in environments]


def action(name: str, client: Client, alice: Person, admin: Client) -> Callable[[], Answer]:
    """Returns the call, with a token of its own where it takes one."""

    def link(route: str, purpose: Purpose, email: str, **more: str) -> Callable[[], Answer]:
        body = {"token": mailed(purpose, alice.id, email)} | more
        return lambda: client.post(f"/api/v1/auth/{route}", json=body)

    def put(path: str, by: Client, **body: Any) -> Callable[[], Answer]:
        return lambda: by.put(path, json=body)

    owner, proof = client.as_user(alice.id), {"current_password": PASSWORD}
    by_admin, path = client.as_user(id_of(admin)), f"/api/v1/users/{alice.id}"
    match name:
        case "deactivate":
            return put(path, by_admin, is_active=False)
        case "delete":
            return lambda: by_admin.delete(path)
        case "change password":
            return put("/api/v1/users/me/password", owner, **proof, new_password="rabbit hole 1865")
        case "reset":
            return link("password/reset", Purpose.RECOVERY, OWN, new_password="looking glass 1871")
        case "accept":
            return link("password/reset", Purpose.INVITATION, OWN, new_password="queen of hearts 1865")
        case "confirm":
            return link("email/verify", Purpose.VERIFICATION, OWN)
        case "undo":
            return link("email/undo", Purpose.UNDO, FORMER)
        case "verify":
            return link("email/verify", Purpose.VERIFICATION, NEW)
    return put("/api/v1/users/me", owner, **proof, email="third@example.org")


@pytest.fixture
def mid_change(alice: Person, db: sa.Connection) -> Person:
    """Alice with a verified address, a former one that is reserved, and a pending one."""
    verify(db, alice)
    db.execute(sa.text("UPDATE users SET pending_email = :new WHERE username = 'alice'"), {"new": NEW})
    db.commit()
    with Session(engine()) as writing, writing.begin():
        mail_tokens.reserve(writing, alice.id, FORMER)
    return alice


def make_new(db: sa.Connection, *, is_invited: bool) -> None:
    """Leaves the account's address unverified and, if it is invited, the account without a password."""
    password = ", password_hash = NULL" if is_invited else ""
    db.execute(sa.text(f"UPDATE users SET verified_email_key = NULL{password} WHERE username = 'alice'"))
    db.commit()


@pytest.mark.parametrize("second", ACTIONS)
@pytest.mark.parametrize("first", ACTIONS)
def test_of_two_the_second_sees_what_the_first_did(
    clients: list[Client], admin: Client, mid_change: Person, db: sa.Connection, first: str, second: str
) -> None:
    names = (first, second)
    calls = [action(each, client, mid_change, admin) for each, client in zip(names, clients, strict=True)]
    answers = overlap(db, ALICE, *calls)
    assert answers[0].status in (200, 204), answers[0].body
    assert answers[1].status == second_status(first, second), answers[1].body
    done = {each for each, answer in zip(names, answers, strict=True) if answer.status < 300}
    columns = "SELECT email, is_active, pending_email FROM users WHERE username = 'alice'"
    user = db.execute(sa.text(columns)).one_or_none()
    if "delete" in done:
        assert user is None
        assert db.scalar(sa.text("SELECT count(*) FROM mail_tokens")) == 0  # undo links, too
        return
    assert user is not None
    is_pending = second == "ask for another address" and second in done
    if ENDS_ALL & done:
        assert db.scalar(OUTSTANDING) == 0
        assert (user.pending_email is not None) == is_pending
    assert user.is_active == ("deactivate" not in done)
    assert (user.email == FORMER) == ("undo" in done)


@pytest.mark.parametrize("link_first", [True, False])
@pytest.mark.parametrize(
    ("link", "ending"), [(link, ending) for link, endings in ENDED_BY.items() for ending in endings]
)
def test_a_new_accounts_link_is_ended_or_came_first(
    clients: list[Client], admin: Client, mid_change: Person, db: sa.Connection,
    link: str, ending: str, link_first: bool,
) -> None:  # fmt: skip
    make_new(db, is_invited=link == "accept")
    names = [link, ending] if link_first else [ending, link]
    calls = [action(each, client, mid_change, admin) for each, client in zip(names, clients, strict=True)]
    first, second = overlap(db, ALICE, *calls)
    assert first.status in (200, 204), first.body
    is_ended = not link_first or (link == "accept" and ending in ("reset", "verify"))
    assert (second.status == 400) == is_ended, second.body
    assert db.scalar(OUTSTANDING) == 0
    assert db.scalar(sa.text("SELECT count(pending_email) FROM users")) == 0


@pytest.mark.parametrize("issued_first", [True, False])
@pytest.mark.parametrize(
    ("ending", "purpose", "email"),
    [
        *((each, Purpose.RECOVERY, OWN) for each in ("deactivate", "delete", "verify", "undo")),
        *((each, Purpose.VERIFICATION, NEW) for each in ACTIONS),
        *((each, Purpose.VERIFICATION, OWN) for each in ENDED_BY["accept"]),
        *((each, Purpose.INVITATION, OWN) for each in ENDED_BY["accept"]),
        *((each, Purpose.UNDO, FORMER) for each in ("undo", "delete")),
    ],
)
def test_no_token_comes_after_what_ends_it(
    clients: list[Client], admin: Client, mid_change: Person, db: sa.Connection,
    ending: str, purpose: Purpose, email: str, issued_first: bool,
) -> None:  # fmt: skip
    if email == OWN:
        make_new(db, is_invited=purpose is Purpose.INVITATION)
    issued: list[str | None] = []

    def issue() -> Any:
        with Session(engine()) as writing, writing.begin():
            issued.append(mail_tokens.issue(writing, purpose, mid_change.id, email))

    end = action(ending, clients[0], mid_change, admin)
    overlap(db, ALICE, *([issue, end] if issued_first else [end, issue]))
    left = "SELECT count(*) FROM mail_tokens WHERE spent_at IS NULL AND purpose = :purpose"
    assert (issued != [None]) == issued_first
    assert db.scalar(sa.text(left), {"purpose": purpose.value}) == 0


def test_of_two_who_verify_one_address_one_gets_it(
    clients: list[Client], alice: Person, anyone: Client, db: sa.Connection
) -> None:
    people = (alice, register(anyone, "bob"))
    db.execute(sa.text("UPDATE users SET pending_email = :new"), {"new": NEW})
    db.commit()
    bodies = [{"token": mailed(Purpose.VERIFICATION, person.id, NEW)} for person in people]
    calls = [
        lambda client=client, body=body: client.post("/api/v1/auth/email/verify", json=body)
        for client, body in zip(clients, bodies, strict=True)
    ]
    answers = overlap(db, "SELECT FROM users", *calls)
    assert sorted(answer.status for answer in answers) == [204, 400]
    [lost] = [answer for answer in answers if answer.status == 400]
    assert lost.error == "email_exists"
    assert db.scalar(sa.text("SELECT count(*) FROM users WHERE email_key = :new"), {"new": NEW}) == 1


def test_an_address_is_reserved_from_the_moment_it_is_left(
    clients: list[Client], mid_change: Person, admin: Client, db: sa.Connection
) -> None:
    """The registration waits for the unique key of the address, which the verification gives up."""
    leave = action("verify", clients[0], mid_change, admin)
    body = registration(username="eve", email=mid_change.email)
    calls = (leave, lambda: clients[1].post("/api/v1/auth/register", json=body))
    left, taken = overlap(db, "LOCK TABLE jobs IN SHARE MODE", *calls)
    assert (left.status, taken.status, taken.error) == (204, 400, "email_exists")


@pytest.mark.parametrize("purpose", [Purpose.RECOVERY, Purpose.INVITATION])
def test_a_link_that_is_used_twice_at_once_works_once(
    clients: list[Client], alice: Person, db: sa.Connection, purpose: Purpose
) -> None:
    if purpose is Purpose.INVITATION:
        db.execute(sa.text("UPDATE users SET password_hash = NULL"))
        db.commit()
    token = mailed(purpose, alice.id, alice.email)

    def use(client: Client, password: str) -> Callable[[], Answer]:
        body = {"token": token, "new_password": password}
        return lambda: client.post("/api/v1/auth/password/reset", json=body)

    calls = [use(client, f"passphrase {n}") for n, client in enumerate(clients)]
    assert [answer.status for answer in overlap(db, ALICE, *calls)] == [204, 400]
