"""Calls each route without a caller, as a user and as a stranger, and proves that a missing check is
reported.
"""

import pytest
import sqlalchemy as sa

from tests.conftest import NewUser
from tests.contract.broken_handlers import without
from tests.contract.caller_rules import a_list_for_a_stranger, as_a_stranger, as_a_user, without_claims
from tests.support.sample_calls import TABLE, World, deployed, of_kind

ROUTES = deployed()


def ruled(rule: str) -> list[str]:
    return [operation for operation in ROUTES if TABLE[operation]["auth"].startswith(rule)]


@pytest.mark.parametrize("operation", ROUTES)
def test_without_claims_only_what_is_public_answers(world: World, operation: str) -> None:
    assert list(without_claims(world, operation)) == []


@pytest.mark.parametrize("operation", ruled("A"))
def test_an_admins_route_refuses_a_user(world: World, operation: str) -> None:
    assert list(as_a_user(world, operation)) == []


@pytest.mark.parametrize("operation", ruled("O"))
def test_another_ones_row_is_not_a_strangers(world: World, operation: str) -> None:
    assert list(as_a_stranger(world, operation)) == []


@pytest.mark.parametrize("operation", of_kind("list"))
def test_a_list_shows_no_stranger_what_is_its_owners_alone(world: World, operation: str) -> None:
    assert list(a_list_for_a_stranger(world, operation)) == []


CURRENT_USER, OWN = "caller: CurrentUser", "own_lockers(caller)"
READ = "locker = get_or_404(db, mine.with_for_update())"
READ_ANY = "locker = get_or_404(db, select(Locker).where(Locker.id == locker_id))"
DELETE_ANYWAY = f"{READ_ANY}\nif locker.owner_id != caller.id:\n    db.delete(locker)\n    db.commit()\n"


@pytest.mark.parametrize(
    ("check", "operation", "text", "instead", "said"),
    [
        (
            *(without_claims, "list_gadgets", CURRENT_USER, ""),
            "list_gadgets answers 200 without claims: give it caller: CurrentUser",
        ),
        (
            *(without_claims, "get_gadget", CURRENT_USER, ""),
            "get_gadget answers 200 without claims: give it caller: CurrentUser",
        ),
        (
            *(without_claims, "list_labels", "db: PublicSession", "caller: CurrentUser, db: PublicSession"),
            "list_labels is public and answers 401 without claims: take its caller away",
        ),
        (
            *(as_a_user, "list_users", "caller: Admin", ""),
            "list_users answers 200 to who is no admin: give it caller: Admin",
        ),
        (
            *(as_a_stranger, "get_locker", OWN, "select(Locker)"),
            "get_locker answers 200 to a stranger: refuse with 404 who is not the owner",
        ),
        (
            *(as_a_stranger, "update_locker", OWN, "select(Locker)"),
            "update_locker answers 200 to a stranger: refuse with 404 who is not the owner",
        ),
        (
            *(as_a_stranger, "delete_locker", READ, f"{DELETE_ANYWAY}    raise NotFound('locker')"),
            "delete_locker answers 404 to the owner after a stranger's call: it changed something",
        ),
        (
            *(a_list_for_a_stranger, "list_lockers", OWN, "select(Locker)"),
            "list_lockers shows a stranger another one's rows: select those of the caller",
        ),
    ],
)
def test_a_caller_that_is_forgotten_is_said(
    db: sa.Connection, new_user: NewUser, check, operation: str, text: str, instead: str, said: str
) -> None:
    imports = (
        "from shared.http import NotFound\nfrom shared.identity.callers import CurrentUser\n"
        "from sqlalchemy import select\n"
    )
    anyone = without(operation, text, instead, imports)
    assert list(check(World(db, new_user, anyone), operation)) == [said]
