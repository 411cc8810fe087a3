"""A user's list of sessions, and ending them."""

from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from tests.accounts.conftest import Person, bearer, logout, refresh, sign_in
from tests.accounts.test_refresh import later
from tests.conftest import NewUser
from tests.support.client import Client

SESSIONS = "/api/v1/users/me/sessions"

type Pair = dict[str, str]


def listed(client: Client) -> list[dict[str, Any]]:
    answer = client.get(SESSIONS)
    assert answer.status == 200, answer.body
    return answer.json()


def session_of(pair: Pair) -> int:
    claims = bearer(pair).claims
    assert claims is not None
    return int(claims["sid"])


def time(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.fixture
def pairs(anyone: Client, alice: Person) -> list[Pair]:
    return [sign_in(anyone).json() for _ in range(3)]


def test_the_latest_use_comes_first_and_the_callers_is_marked(anyone: Client, pairs: list[Pair]) -> None:
    refresh(anyone, pairs[0]["refresh_token"])
    first, second, third = (session_of(pair) for pair in pairs)
    rows = listed(bearer(pairs[1]))
    assert [(row["id"], row["current"]) for row in rows] == [(first, False), (third, False), (second, True)]


def test_each_has_its_times(anyone: Client, pairs: list[Pair], db: sa.Connection) -> None:
    later(db, "2 days")
    refresh(anyone, pairs[0]["refresh_token"])
    rows = {row["id"]: row for row in listed(bearer(pairs[2]))}
    used, unused = rows[session_of(pairs[0])], rows[session_of(pairs[1])]
    for row in (used, unused):
        assert time(row["expires_at"]) - time(row["created_at"]) == timedelta(days=30)
    idle = time(used["last_used_at"]) - time(used["created_at"])
    assert timedelta(days=2) < idle < timedelta(days=2, minutes=5)
    assert unused["created_at"] == unused["last_used_at"]


def test_no_read_writes_the_last_use(
    pairs: list[Pair], statements: list[tuple[str, Any]], db: sa.Connection
) -> None:
    caller = bearer(pairs[0])
    before = listed(caller)
    assert caller.get("/api/v1/users/me").status == 200
    assert listed(caller) == before
    assert {statement.split()[0] for statement, _ in statements} == {"SELECT"}


def test_what_has_ended_is_not_listed(anyone: Client, pairs: list[Pair], db: sa.Connection) -> None:
    caller = bearer(pairs[2])
    logout(anyone, pairs[0]["refresh_token"])
    assert len(listed(caller)) == 2
    later(db, "7 days 1 hour")  # the refresh tokens expire
    assert listed(caller) == []


class TestEndingOne:
    def test_refuses_its_tokens_and_no_other(self, anyone: Client, pairs: list[Pair]) -> None:
        caller, ended = bearer(pairs[0]), session_of(pairs[1])
        answer = caller.delete(f"{SESSIONS}/{ended}")
        assert (answer.status, answer.body) == (204, b"")
        assert refresh(anyone, pairs[1]["refresh_token"]).error == "invalid_refresh_token"
        assert bearer(pairs[1]).get(SESSIONS).status == 401
        assert [row["id"] for row in listed(caller)] == [session_of(pairs[2]), session_of(pairs[0])]

    def test_may_be_the_callers_own(self, pairs: list[Pair]) -> None:
        caller = bearer(pairs[0])
        assert caller.delete(f"{SESSIONS}/{session_of(pairs[0])}").status == 204
        assert caller.get(SESSIONS).status == 401

    def test_that_has_ended_is_404(self, pairs: list[Pair]) -> None:
        path = f"{SESSIONS}/{session_of(pairs[1])}"
        assert [bearer(pairs[0]).delete(path).status for _ in range(2)] == [204, 404]

    def test_of_another_user_is_404_and_lives(
        self, pairs: list[Pair], new_user: NewUser, anyone: Client
    ) -> None:
        answer = new_user("mallory").delete(f"{SESSIONS}/{session_of(pairs[1])}")
        assert (answer.status, answer.error) == (404, "session_not_found")
        assert refresh(anyone, pairs[1]["refresh_token"]).status == 200


class TestEndingTheOthers:
    def test_leaves_the_callers(self, anyone: Client, pairs: list[Pair], new_user: NewUser) -> None:
        caller, stranger = bearer(pairs[0]), new_user("mallory")
        assert stranger.delete(SESSIONS).status == 204
        assert len(listed(caller)) == 3
        assert caller.delete(SESSIONS).status == 204
        assert [row["current"] for row in listed(caller)] == [True]
        assert [refresh(anyone, pair["refresh_token"]).status for pair in pairs] == [200, 401, 401]

    def test_ends_all_with_a_token_without_sid(
        self, anyone: Client, alice: Person, pairs: list[Pair]
    ) -> None:
        assert alice.client.delete(SESSIONS).status == 204
        assert [refresh(anyone, pair["refresh_token"]).status for pair in pairs] == [401, 401, 401]
