"""Who follows whom."""

import pytest
import sqlalchemy as sa

from tests.accounts.conftest import Person, register
from tests.support.client import Client


@pytest.fixture
def bob(anyone: Client, alice: Person) -> Person:
    return register(anyone, "bob")


class TestFollow:
    def test_is_idempotent_both_ways(self, alice: Person, bob: Person, db: sa.Connection) -> None:
        path = f"/api/v1/users/{bob.id}/follow"
        for _ in range(2):
            assert (alice.client.put(path).status, alice.client.put(path).body) == (204, b"")
        assert db.scalar(sa.text("SELECT count(*) FROM follows")) == 1
        for _ in range(2):
            assert alice.client.delete(path).status == 204
        assert db.scalar(sa.text("SELECT count(*) FROM follows")) == 0

    def test_never_oneself(self, alice: Person) -> None:
        for call in (alice.client.put, alice.client.delete):
            answer = call(f"/api/v1/users/{alice.id}/follow")
            assert (answer.status, answer.error) == (422, "cannot_follow_self")

    def test_says_404_where_there_is_nobody(self, alice: Person) -> None:
        assert alice.client.put("/api/v1/users/99/follow").error == "user_not_found"
        assert alice.client.delete("/api/v1/users/99/follow").error == "user_not_found"


class TestFollowLists:
    def test_are_newest_follow_first_and_paged(self, anyone: Client, alice: Person) -> None:
        people = [register(anyone, f"user{number}") for number in range(5)]
        for person in people:
            person.client.put(f"/api/v1/users/{alice.id}/follow")
            alice.client.put(f"/api/v1/users/{person.id}/follow")
        for name in ("followers", "following"):
            seen, path = [], f"/api/v1/users/{alice.id}/{name}?limit=2"
            while path:
                page = anyone.get(path)
                seen += page.json()
                path = page.headers.get("link", "").partition(">")[0].lstrip("<")
            assert [row["id"] for row in seen] == [person.id for person in reversed(people)]
            assert set(seen[0]) == {"id", "username", "followed_at"}

    def test_say_404_where_there_is_nobody(self, anyone: Client) -> None:
        assert anyone.get("/api/v1/users/7/followers").error == "user_not_found"
        assert anyone.get("/api/v1/users/7/following").error == "user_not_found"
