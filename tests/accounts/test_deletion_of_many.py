"""The deletion of users with many rows: in batches, and over several calls if need be."""

from dataclasses import replace

import pytest
import sqlalchemy as sa

from accounts import owned_rows
from tests.accounts.conftest import bearer, register, sign_in
from tests.conftest import NewUser
from tests.jobs.test_remove_users import counted
from tests.support.client import Client, Context, handler_of
from tests.support.sample_calls import id_of


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(owned_rows, "BATCH", 20)
    monkeypatch.setattr(owned_rows, "TRANSACTION", 50)


@pytest.fixture
def user(new_user: NewUser, db: sa.Connection, small: None) -> Client:
    """A user with 55 sessions of 3 tokens each, among those of another user."""
    user, other = new_user("alice"), new_user("bob")
    add_sessions(db, id_of(user), id_of(other))
    return user


def add_sessions(db: sa.Connection, *user_ids: int) -> None:
    families = "INSERT INTO refresh_families (user_id, expires_at) SELECT :id, now()"
    for each in user_ids:
        db.execute(sa.text(f"{families} FROM generate_series(1, 55)"), {"id": each})
    db.execute(
        sa.text(
            "INSERT INTO refresh_tokens (token_hash, family_id, expires_at)"
            " SELECT int8send(id * 10 + n), id, now() FROM refresh_families, generate_series(1, 3) n"
        )
    )
    db.commit()


def counts(db: sa.Connection) -> list[int | None]:
    tables = ("users", "refresh_families", "refresh_tokens")
    found = [db.scalar(sa.text(f"SELECT count(*) FROM {table}")) for table in tables]
    db.rollback()
    return found


def test_all_rows_of_the_user_go_and_no_others(admin: Client, user: Client, db: sa.Connection) -> None:
    with counted() as rows:
        assert admin.delete(f"/api/v1/users/{id_of(user)}").status == 204
    assert counts(db) == [2, 55, 165]
    assert max(rows) == owned_rows.BATCH
    assert sum(rows) == 55 + 165


def test_what_time_does_not_suffice_for_is_left_to_a_repetition(
    admin: Client, user: Client, db: sa.Connection
) -> None:
    path, left = f"/api/v1/users/{id_of(user)}", set[int | None]()
    for checks in range(1, 100):
        answer = hurried(admin, checks).delete(path)
        if answer.status == 204:
            break
        assert (answer.status, answer.error) == (503, "service_unavailable")
        assert answer.headers["retry-after"]
        users, _, tokens = counts(db)
        assert users == 3
        left.add(tokens)
    assert len(left) > 2
    assert counts(db) == [2, 55, 165]


def test_a_session_that_an_unfinished_deletion_has_ended_ends_its_access_token(
    admin: Client, anyone: Client, db: sa.Connection, small: None
) -> None:
    alice = register(anyone)
    add_sessions(db, alice.id)
    user = bearer(sign_in(anyone).json())
    assert user.get("/api/v1/users/me").status == 200  # this environment now knows the caller
    [_, _, before] = counts(db)
    checks = 0
    while counts(db)[2] == before:
        checks += 1
        assert hurried(admin, checks).delete(f"/api/v1/users/{alice.id}").status == 503
    assert user.get("/api/v1/users/me").status == 401


def hurried(client: Client, checks: int) -> Client:
    context = Ending(checks)
    return replace(client, run=lambda operation, event: handler_of(operation)(event, context))


class Ending(Context):
    """No time is left after so many checks."""

    def __init__(self, checks: int) -> None:
        object.__setattr__(self, "left", [20_000] * checks)

    def get_remaining_time_in_millis(self) -> int:
        left: list[int] = self.left  # type: ignore[attr-defined]
        return left.pop() if left else 0
