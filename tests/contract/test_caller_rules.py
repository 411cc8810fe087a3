"""Calls each route without a caller, as a user and as a stranger, and proves that a missing check is
reported.
"""

import pytest
import sqlalchemy as sa

from tests.conftest import NewUser
from tests.contract.broken_handlers import without
from tests.contract.caller_rules import a_list_for_a_stranger, as_a_stranger, as_a_user, without_claims
from tests.support.sample_calls import TABLE, World, of_kind, samples

ROUTES = [operation for operation in samples() if operation in TABLE]


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


REFUSAL = "raise Forbidden"
CURRENT_USER, OWNER = "caller: CurrentUser", "if review.user_id != caller.id:\n    raise Forbidden"


@pytest.mark.parametrize(
    ("check", "operation", "text", "instead", "said"),
    [
        (
            *(without_claims, "list_items", CURRENT_USER, ""),
            "list_items answers 200 without claims: give it caller: CurrentUser",
        ),
        (
            *(without_claims, "get_item", CURRENT_USER, ""),
            "get_item answers 200 without claims: give it caller: CurrentUser",
        ),
        (
            *(without_claims, "list_authors", "db: PublicSession", "caller: CurrentUser, db: PublicSession"),
            "list_authors is public and answers 401 without claims: take its caller away",
        ),
        (
            *(as_a_user, "list_users", "caller: Admin", ""),
            "list_users answers 200 to who is no admin: give it caller: Admin",
        ),
        (
            *(as_a_stranger, "delete_review", OWNER, "pass"),
            "delete_review answers 200 to a stranger: refuse with 403 who is not the owner",
        ),
        (
            *(as_a_stranger, "update_review", OWNER, "pass"),
            "update_review answers 200 to a stranger: refuse with 403 who is not the owner",
        ),
        (
            *(
                as_a_stranger,
                "delete_review",
                "raise Forbidden",
                "db.delete(review)\ndb.commit()\nraise Forbidden",
            ),
            "delete_review answers 404 to the owner after a stranger's call: it changed something",
        ),
        (
            *(as_a_stranger, "get_project", "own_projects(caller)", "select(Project)"),
            "get_project answers 200 to a stranger: refuse with 404 who is not the owner",
        ),
        (
            *(a_list_for_a_stranger, "list_projects", "own_projects(caller)", "select(Project)"),
            "list_projects shows a stranger another one's rows: select those of the caller",
        ),
    ],
)
def test_a_caller_that_is_forgotten_is_said(
    db: sa.Connection, new_user: NewUser, check, operation: str, text: str, instead: str, said: str
) -> None:
    imports = "from shared.identity.callers import CurrentUser\nfrom sqlalchemy import select\n"
    anyone = without(operation, text, instead, imports)
    assert list(check(World(db, new_user, anyone), operation)) == [said]
