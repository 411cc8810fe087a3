"""A request that runs again after a conflict commits only once, else its first effect would happen twice."""

import importlib
from collections.abc import Iterator

from shared.database.engines import engine

import pytest
import sqlalchemy as sa

from tests.accounts.samples import an_address_change
from tests.conftest import NewUser
from tests.contract.broken_handlers import without
from tests.support.client import module_of
from tests.support.redis_server import SetEnv
from tests.support.sample_calls import TABLE, World, deployed, samples

# Each counts the call, by its address or its user, and keeps that.
COMMIT_TWICE = {
    "change_password",
    "delete_me",
    "forgot_password",
    "issue_token",
    "login",
    "refresh",
    "register",
    "reset_password",
    "send_verification",
    "undo_email_change",
    "update_me",
    "verify_email",
    "web_login",
    "web_refresh",
}
WRITES = [name for name in deployed() if TABLE[name]["method"] != "GET"]
WRITES.sort(key=lambda name: name == "delete_me")  # no call of its caller's comes after it


def is_retried(operation: str) -> bool:
    return importlib.import_module(module_of(operation)).app.state.retry_conflicts


def commits(world: World, operation: str) -> int:
    """Returns the number of commits of the sample's call."""
    body = an_address_change(world) if operation == "update_me" else world.body(operation)
    path, row = world.path(samples()[operation].path), TABLE[operation]
    seen: list[sa.Connection] = []

    def note(connection: sa.Connection) -> None:
        seen.append(connection)

    sa.event.listen(engine(), "commit", note)
    answer = world.admin.call(row["method"], path, json=body)
    sa.event.remove(engine(), "commit", note)
    assert answer.status == int(row["status"]), operation
    return len(seen)


def commits_as_it_says(world: World, operation: str) -> Iterator[str]:
    taken, retried = commits(world, operation), is_retried(operation)
    if taken > 1 and retried:
        yield f"{operation} commits {taken} times: write one_route_app(retry_conflicts=False)"
    if taken < 2 and not retried:
        yield f"{operation} commits once: remove retry_conflicts from its app"


@pytest.fixture
def limited(set_env: SetEnv) -> None:
    """The limits of sign-in are on, in Postgres."""
    set_env(SIGN_IN_RATE_LIMIT="10", REDIS_URL="")


@pytest.mark.usefixtures("limited")
def test_every_route_commits_as_often_as_it_says(world: World) -> None:
    assert [said for operation in WRITES for said in commits_as_it_says(world, operation)] == []


def test_the_routes_that_are_not_run_again_are_these() -> None:
    assert {each for each in WRITES if not is_retried(each)} == COMMIT_TWICE


def test_a_second_commit_is_said(db: sa.Connection, new_user: NewUser) -> None:
    twice = without("create_gadget", "db.flush()", "db.commit(), db.connection()")
    assert list(commits_as_it_says(World(db, new_user, twice), "create_gadget")) == [
        "create_gadget commits 2 times: write one_route_app(retry_conflicts=False)"
    ]


@pytest.mark.usefixtures("signing_key")
def test_a_route_that_is_kept_from_running_again_without_need_is_said(world: World) -> None:
    state = importlib.import_module("tests.sample.create_gadget").app.state
    state.retry_conflicts = False
    try:
        [said] = commits_as_it_says(world, "create_gadget")
    finally:
        state.retry_conflicts = True  # monkeypatch would leave none: to it, a State has no attributes
    assert said == "create_gadget commits once: remove retry_conflicts from its app"
