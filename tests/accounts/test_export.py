"""The export of everything that is a user's, over all domains."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from accounts.exports import tables
from tests.accounts.conftest import Person, register, sign_in
from tests.conftest import NewUser
from tests.support.client import Client
from tests.support.statements import recorded

EXPORT = "/api/v1/users/me/export"
MAX_STATEMENT = 16_000  # bytes, above which RDS Proxy pins its connection


def exported(client: Client, limit: int = 100) -> list[dict[str, Any]]:
    """All pages."""
    rows: list[dict[str, Any]] = []
    path: str | None = f"{EXPORT}?limit={limit}"
    while path:
        answer = client.get(path)
        assert answer.status == 200, answer.body
        rows += answer.json()
        path = answer.headers.get("link", "").partition(">")[0].lstrip("<")
    return rows


def test_it_shows_the_account_and_what_goes_with_it(anyone: Client, alice: Person) -> None:
    bob = register(anyone, "bob")
    assert alice.client.put(f"/api/v1/users/{bob.id}/follow").status == 204
    assert bob.client.put(f"/api/v1/users/{alice.id}/follow").status == 204
    sign_in(anyone)
    rows = exported(alice.client)
    assert [row["kind"] for row in rows] == ["user", "session", "follow", "event"]
    user, session, follow, event = (row["data"] for row in rows)
    assert (user["id"], user["username"], user["email"]) == (alice.id, "alice", "alice@example.com")
    assert follow["followed_id"] == bob.id
    assert event["kind"] == "signed_in"
    assert datetime.fromisoformat(session["expires_at"]).tzinfo is not None


def test_times_are_those_of_other_answers(alice: Person) -> None:
    [user] = exported(alice.client)
    shown = alice.client.get("/api/v1/users/me").json()
    assert user["data"]["created_at"].endswith("Z")
    times = (user["data"]["created_at"], shown["created_at"])
    assert len({datetime.fromisoformat(each) for each in times}) == 1


def test_it_shows_no_secret(anyone: Client, alice: Person, db: sa.Connection) -> None:
    pair = sign_in(anyone).json()
    hashed = db.scalar(sa.text("SELECT password_hash FROM users"))
    body = alice.client.get(EXPORT).body.decode()
    assert "hash" not in body
    assert hashed not in body and pair["refresh_token"] not in body


def test_pages_follow_one_another(anyone: Client, alice: Person, new_user: NewUser) -> None:
    for number in range(5):
        assert alice.client.put(f"/api/v1/users/{register_by_row(new_user, number)}/follow").status == 204
        sign_in(anyone)
    whole = exported(alice.client)
    assert len(whole) == 1 + 5 + 5 + 5
    for limit in (1, 2, 3, 7):
        assert exported(alice.client, limit) == whole
    skipped = alice.client.get(f"{EXPORT}?offset=4&limit=3").json()
    assert skipped == whole[4:7]


def register_by_row(new_user: NewUser, number: int) -> int:
    from tests.support.sample_calls import id_of

    return id_of(new_user(f"idol{number}"))


def test_another_lists_cursor_is_refused(anyone: Client, alice: Person) -> None:
    for _ in range(2):
        sign_in(anyone)
    cursor = alice.client.get("/api/v1/users/me/events?limit=1").headers["link"].partition("cursor=")[2]
    answer = alice.client.get(f"{EXPORT}?cursor={cursor.partition('>')[0]}")
    assert (answer.status, answer.error) == (400, "invalid_cursor")


def test_a_page_is_one_statement_that_does_not_pin(alice: Person) -> None:
    exported(alice.client)
    with recorded() as sent:
        exported(alice.client)
    [statement] = [statement for statement, _ in sent if "UNION ALL" in statement]
    assert len(statement) < MAX_STATEMENT


def test_a_kind_is_one_tables() -> None:
    kinds = [table.info["exported"].kind for table in tables()]
    assert len(set(kinds)) == len(kinds)
