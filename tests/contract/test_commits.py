"""What a conflict has run again commits once: twice would do twice what came first."""

import importlib
from collections.abc import Iterator

from shared.database.engines import engine

import pytest
import sqlalchemy as sa

from tests.conftest import NewUser
from tests.contract.mutants import without
from tests.support.client import ROOT
from tests.support.redis_server import Use
from tests.support.sample_calls import TABLE, World, samples

COMMIT_TWICE = {"login", "refresh", "register"}  # each counts the call by its address, and keeps that
WRITES = [name for name in samples() if name in TABLE and TABLE[name]["method"] != "GET"]


def is_said_to_commit_twice(operation: str) -> bool:
    [file] = (ROOT / "functions").glob(f"*/{operation}.py")
    return importlib.import_module(f"{file.parent.name}.{operation}").app.state.commits_twice


def commits(world: World, operation: str) -> int:
    """How many the sample's call takes."""
    path, body, row = world.path(samples()[operation].path), world.body(operation), TABLE[operation]
    seen: list[sa.Connection] = []

    def note(connection: sa.Connection) -> None:
        seen.append(connection)

    sa.event.listen(engine(), "commit", note)
    answer = world.admin.call(row["method"], path, json=body)
    sa.event.remove(engine(), "commit", note)
    assert answer.status == int(row["status"]), operation
    return len(seen)


def commits_as_it_says(world: World, operation: str) -> Iterator[str]:
    taken, twice = commits(world, operation), is_said_to_commit_twice(operation)
    if taken > 1 and not twice:
        yield f"{operation} commits {taken} times: say one_route_app(commits_twice=True)"
    if taken < 2 and twice:
        yield f"{operation} commits once: take commits_twice from its app"


@pytest.fixture
def limited(use: Use) -> None:
    """The limits of sign-in are on, in Postgres."""
    use(SIGN_IN_RATE_LIMIT="10", REDIS_URL="")


@pytest.mark.usefixtures("limited")
def test_every_route_commits_as_often_as_it_says(world: World) -> None:
    assert [said for operation in WRITES for said in commits_as_it_says(world, operation)] == []


def test_the_routes_that_are_not_run_again_are_these() -> None:
    assert {each for each in WRITES if is_said_to_commit_twice(each)} == COMMIT_TWICE


def test_a_second_commit_is_said(db: sa.Connection, new_user: NewUser) -> None:
    twice = without("create_item", "    return guard", "    db.commit(), db.connection()\n    return guard")
    assert list(commits_as_it_says(World(db, new_user, twice), "create_item")) == [
        "create_item commits 2 times: say one_route_app(commits_twice=True)"
    ]


@pytest.mark.usefixtures("signing_key")
def test_a_route_that_is_kept_from_running_again_without_need_is_said(world: World) -> None:
    state = importlib.import_module("items.create_item").app.state
    state.commits_twice = True
    try:
        [said] = commits_as_it_says(world, "create_item")
    finally:
        state.commits_twice = False  # monkeypatch would leave none: to it, a State has no attributes
    assert said == "create_item commits once: take commits_twice from its app"
