"""The feed: whose posts, in which order, by which of its two ways."""

import random

from shared.models.follows import Follow
from shared.models.social import Post

import pytest
import sqlalchemy as sa

from social import feed
from tests.conftest import NewUser
from tests.social.conftest import NewPost
from tests.support.client import Client
from tests.support.statements import recorded

FEED = "/api/v1/feed"


def follow(follower: Client, followed: int) -> None:
    assert follower.put(f"/api/v1/users/{followed}/follow").status == 204


def ids(reader: Client, path: str = FEED) -> list[int]:
    answer = reader.get(path)
    assert answer.status == 200, answer.body
    return [post["id"] for post in answer.json()]


def by_cursor(reader: Client, path: str) -> list[int]:
    seen: list[int] = []
    while path:
        answer = reader.get(path)
        seen += [post["id"] for post in answer.json()]
        path = answer.headers.get("link", "").partition(">")[0].lstrip("<")
    return seen


class TestGetFeed:
    def test_shows_ones_own_posts_and_of_whom_one_follows_and_no_others(
        self, api: Client, new_user: NewUser, post: NewPost
    ) -> None:
        friend, other = new_user("friend"), new_user("other")
        written = [post(author) for author in (other, friend, api, other, friend)]
        assert ids(api) == [3]
        follow(api, 2)
        assert ids(api) == [5, 3, 2]
        other.put("/api/v1/posts/5/like")
        latest = api.get(FEED).json()[0]
        assert latest == written[4] | {"username": "friend", "likes_count": 1, "retweets_count": 0}
        api.delete("/api/v1/users/2/follow")
        assert ids(api) == [3]

    def test_being_followed_shows_nothing_new(self, api: Client, stranger: Client, post: NewPost) -> None:
        post(stranger)
        follow(stranger, 1)
        assert ids(api) == []

    def test_is_one_statement(self, api: Client, stranger: Client, post: NewPost) -> None:
        for author in (api, stranger) * 3:
            post(author)
        follow(api, 2)
        for path in (FEED, f"{FEED}?limit=2", f"{FEED}?offset=1"):
            with recorded() as statements:
                ids(api, path)
            assert len(statements) == 1, statements


# steps of the walk for each whom one follows: none, so that all are asked; some; all there are
@pytest.mark.parametrize("steps", [0, 1, 8, 1000])
class TestByEitherWay:
    """Few followed or many, prolific or silent, times that are equal: the plainest statement's own rows."""

    @pytest.fixture
    def world(self, db: sa.Connection, new_user: NewUser) -> list[Client]:
        chosen = random.Random(4)
        users = [new_user(f"u{number}") for number in range(8)]
        posts = [
            {
                "content": "p",
                "owner_id": min(chosen.randint(1, 8), chosen.randint(1, 8)),
                "timestamp": f"2026-01-01T00:00:{chosen.randint(0, 30):02}Z",
            }
            for _ in range(60)
        ]
        db.execute(sa.insert(Post), posts)
        pairs = {(chosen.randint(1, 8), chosen.randint(1, 8)) for _ in range(20)}
        pairs |= {(1, other) for other in range(2, 9)}  # the first follows all, the last nobody
        follows = [{"follower_id": a, "followed_id": b} for a, b in pairs if a not in (b, 8)]
        db.execute(sa.insert(Follow), follows)
        db.commit()
        return users

    def expected(self, db: sa.Connection, user: int) -> list[int]:
        found = sa.text(
            "SELECT id FROM posts WHERE owner_id = :me OR owner_id IN"
            " (SELECT followed_id FROM follows WHERE follower_id = :me) ORDER BY timestamp DESC, id DESC"
        )
        rows = list(db.scalars(found, {"me": user}).all())
        db.rollback()
        return rows

    def test_all_pages_are_the_plain_statements(
        self, db: sa.Connection, world: list[Client], steps: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(feed, "STEPS_PER_QUESTION", steps)
        for number, user in enumerate(world, start=1):
            expected = self.expected(db, number)
            assert by_cursor(user, f"{FEED}?limit=4") == expected, f"user {number}"
            assert ids(user, f"{FEED}?limit=5&offset=13") == expected[13:18], f"user {number}"
            assert ids(user, f"{FEED}?limit=50") == expected[:50], f"user {number}"

    def test_posts_of_one_moment_are_in_the_order_of_their_ids(
        self, db: sa.Connection, new_user: NewUser, steps: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(feed, "STEPS_PER_QUESTION", steps)
        reader = new_user("reader")
        writers = list(range(2, 18))
        for number in writers:
            new_user(f"writer{number}")
        random.Random(1).shuffle(writers)
        posts = [
            {"content": "p", "owner_id": writer, "timestamp": "2026-01-01T00:00:00Z"} for writer in writers
        ]
        db.execute(sa.insert(Post), posts)
        db.execute(sa.insert(Follow), [{"follower_id": 1, "followed_id": writer} for writer in writers])
        db.commit()
        assert by_cursor(reader, f"{FEED}?limit=3") == list(range(len(writers), 0, -1))


def test_a_cursor_is_bound_to_its_list(api: Client, post: NewPost) -> None:
    for _ in range(3):
        post(api)
    link = api.get(f"{FEED}?limit=1").headers["link"].partition(">")[0].lstrip("<")
    answer = api.get(link.replace("/api/v1/feed", "/api/v1/posts/with_counts"))
    assert (answer.status, answer.error) == (400, "invalid_cursor")
