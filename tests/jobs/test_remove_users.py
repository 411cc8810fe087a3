"""What names deleted users is removed, in batches."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from shared.database.engines import engine

import sqlalchemy as sa

import remove_users
from tests.jobs.conftest import Context, add_user

FOLLOWERS = 2 * remove_users.BATCH + 1


def leave(db: sa.Connection, user_id: int, age: str = "3 minutes") -> None:
    """What a deletion leaves to the job."""
    db.execute(sa.text("DELETE FROM users WHERE id = :id"), {"id": user_id})
    leave = f"INSERT INTO leaving_users (user_id, deleted_at) VALUES (:id, now() - interval '{age}')"
    db.execute(sa.text(leave), {"id": user_id})
    db.commit()


def fill(db: sa.Connection) -> int:
    """Returns the id of a user with followers, each of whom follows another user too."""
    other = {"username": "bob", "username_key": "bob", "email": None, "email_key": None}
    user_id, other_id = add_user(db), add_user(db, **other)
    named = "SELECT 'f' || n, 'f' || n FROM generate_series(1, :n) n"
    db.execute(sa.text(f"INSERT INTO users (username, username_key) {named}"), {"n": FOLLOWERS})
    follow = "INSERT INTO follows (follower_id, followed_id) SELECT id, :id FROM users WHERE username ~ '^f'"
    for followed in (user_id, other_id):
        db.execute(sa.text(follow), {"id": followed})
    own = {"id": user_id, "other": other_id}
    db.execute(sa.text("INSERT INTO follows (follower_id, followed_id) VALUES (:id, :other)"), own)
    db.commit()
    return user_id


def count(db: sa.Connection, table: str) -> int:
    db.rollback()
    return int(db.scalar(sa.text(f"SELECT count(*) FROM {table}")) or 0)


def run() -> dict[str, int]:
    return remove_users.handler({}, Context())


def test_all_rows_that_name_the_user_go_and_no_others(db: sa.Connection) -> None:
    leave(db, fill(db))
    assert run() == {"gone": 1, "left": 0}
    assert count(db, "follows") == FOLLOWERS
    assert count(db, "leaving_users") == 0


def test_no_statement_removes_more_than_a_batch(db: sa.Connection) -> None:
    leave(db, fill(db))
    with counted() as rows:
        run()
    assert max(rows) == remove_users.BATCH
    assert sum(rows) == FOLLOWERS + 1


def test_it_goes_on_where_its_time_ended(db: sa.Connection) -> None:
    leave(db, fill(db))
    assert remove_users.handler({}, Counting(batches=2)) == {"gone": 0, "left": 1}
    assert FOLLOWERS < count(db, "follows") < 2 * FOLLOWERS + 1
    assert run() == {"gone": 1, "left": 0}


def test_it_looks_again_while_an_environment_may_know_the_caller(db: sa.Connection) -> None:
    user_id = fill(db)
    leave(db, user_id, age="119 seconds")
    assert run() == {"gone": 0, "left": 1}
    assert count(db, "follows") == FOLLOWERS
    db.execute(sa.text("INSERT INTO follows (follower_id, followed_id) VALUES (:id, 2)"), {"id": user_id})
    db.execute(sa.text("UPDATE leaving_users SET deleted_at = deleted_at - interval '1 second'"))
    db.commit()
    assert run() == {"gone": 1, "left": 0}
    assert count(db, "follows") == FOLLOWERS


def test_answers_stored_meanwhile_go_too(db: sa.Connection) -> None:
    user_id = add_user(db)
    leave(db, user_id)
    store = "INSERT INTO idempotency_records (caller, route, key, fingerprint) VALUES (:caller, 'r', 'k', '')"
    for caller in (user_id, user_id + 1):
        db.execute(sa.text(store), {"caller": str(caller)})
    db.commit()
    run()
    assert db.scalars(sa.text("SELECT caller FROM idempotency_records")).all() == [str(user_id + 1)]


def test_a_user_who_is_not_deleted_loses_nothing(db: sa.Connection) -> None:
    fill(db)
    assert run() == {"gone": 0, "left": 0}
    assert count(db, "follows") == 2 * FOLLOWERS + 1


class Counting(Context):
    """Time for so many batches."""

    def __init__(self, batches: int) -> None:
        super().__init__()
        self._batches = batches

    def get_remaining_time_in_millis(self) -> int:
        self._batches -= 1
        return 60_000 if self._batches >= 0 else 0


@contextmanager
def counted() -> Iterator[list[int]]:
    """The numbers of rows that statements delete, but for those of single rows by their key."""
    rows: list[int] = []

    def note(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        if statement.startswith("DELETE") and "ctid" in statement:
            rows.append(cursor.rowcount)

    sa.event.listen(engine(), "after_cursor_execute", note)
    yield rows
    sa.event.remove(engine(), "after_cursor_execute", note)
