"""Posts: anyone reads them, their author alone deletes them, and counts come with a page in one statement."""

import pytest
import sqlalchemy as sa

from tests.social.conftest import NewPost
from tests.support.client import Client
from tests.support.statements import recorded

POSTS = "/api/v1/posts"
ANYONE = Client()


def ids(path: str, reader: Client = ANYONE) -> list[int]:
    answer = reader.get(path)
    assert answer.status == 200, answer.body
    return [post["id"] for post in answer.json()]


class TestCreatePost:
    def test_shows_every_field(self, api: Client) -> None:
        answer = api.post(POSTS, json={"content": "hello"})
        post = answer.json()
        assert post.pop("timestamp").endswith("Z")
        assert post == {"id": 1, "content": "hello", "owner_id": 1}
        assert answer.headers["location"] == f"{POSTS}/1"

    @pytest.mark.parametrize("content", ["", "x" * 281, None, 7])
    def test_refuses_other_content(self, api: Client, content: object) -> None:
        answer = api.post(POSTS, json={"content": content})
        assert (answer.status, answer.error) == (422, "validation_error")

    def test_counts_letters_and_not_bytes(self, api: Client, post: NewPost) -> None:
        assert post(api, "🙂" * 280)["content"] == "🙂" * 280

    @pytest.mark.parametrize("field", ["owner_id", "timestamp", "likes_count"])
    def test_nobody_writes_as_another_or_at_another_time(self, api: Client, field: str) -> None:
        assert api.post(POSTS, json={"content": "a", field: 2}).error == "validation_error"


class TestGetPost:
    def test_anyone_reads_it_without_counts(self, api: Client, post: NewPost) -> None:
        written = post(api)
        api.put(f"{POSTS}/{written['id']}/like")
        assert ANYONE.get(f"{POSTS}/{written['id']}").json() == written


class TestListPosts:
    def test_anyone_reads_all_of_them(self, api: Client, stranger: Client, post: NewPost) -> None:
        written = [post(author) for author in (api, stranger, api)]
        assert ANYONE.get(POSTS).json() == written[::-1]


class TestDeletePost:
    def test_its_likes_and_retweets_go_with_it(
        self, api: Client, stranger: Client, post: NewPost, db: sa.Connection
    ) -> None:
        written, other = post(api), post(api)
        for each in (written, other):
            for relation in ("like", "retweet"):
                assert stranger.put(f"{POSTS}/{each['id']}/{relation}").status == 204
        assert api.delete(f"{POSTS}/{written['id']}").json() == written
        assert ANYONE.get(f"{POSTS}/{written['id']}").error == "post_not_found"
        for table in ("likes", "retweets"):
            assert db.scalars(sa.text(f"SELECT post_id FROM {table}")).all() == [other["id"]]

    def test_a_stranger_may_not(self, api: Client, stranger: Client, post: NewPost) -> None:
        written = post(api)
        etag = ANYONE.get(f"{POSTS}/1").headers["etag"]
        for headers in ({}, {"If-Match": etag}, {"If-Match": '"other"'}):
            answer = stranger.delete(f"{POSTS}/1", headers=headers)
            assert (answer.status, answer.error) == (403, "forbidden")
        assert ANYONE.get(f"{POSTS}/1").json() == written

    def test_honours_the_version_that_anyone_reads(self, api: Client, post: NewPost) -> None:
        post(api)
        etag = ANYONE.get(f"{POSTS}/1").headers["etag"]
        assert api.delete(f"{POSTS}/1", headers={"If-Match": '"other"'}).error == "precondition_failed"
        assert api.delete(f"{POSTS}/1", headers={"If-Match": etag}).status == 200
        assert api.delete(f"{POSTS}/1", headers={"If-Match": etag}).error == "post_not_found"


class TestListPostsWithCounts:
    def test_shows_the_author_and_what_was_counted(
        self, api: Client, stranger: Client, post: NewPost
    ) -> None:
        first, second = post(api, "first"), post(stranger, "second")
        for fan, relation in ((api, "like"), (stranger, "like"), (stranger, "retweet")):
            fan.put(f"{POSTS}/{first['id']}/{relation}")
        assert ANYONE.get(f"{POSTS}/with_counts").json() == [
            second | {"username": "stranger", "likes_count": 0, "retweets_count": 0},
            first | {"username": "demo", "likes_count": 2, "retweets_count": 1},
        ]

    def test_is_ordered_by_time_then_id(self, api: Client, post: NewPost, db: sa.Connection) -> None:
        for _ in range(5):
            post(api)
        for post_id, second in ((1, 7), (2, 3), (3, 7), (4, 3), (5, 0)):
            moment = f"2026-01-01T00:00:0{second}Z"
            db.execute(
                sa.text("UPDATE posts SET timestamp = :t WHERE id = :id"), {"t": moment, "id": post_id}
            )
        db.commit()
        assert ids(f"{POSTS}/with_counts") == [3, 1, 4, 2, 5]
        assert ids(f"{POSTS}/with_counts?offset=1&limit=3") == [1, 4, 2]
        assert _by_cursor(f"{POSTS}/with_counts?limit=2") == [3, 1, 4, 2, 5]

    def test_is_one_statement_however_long_the_page(self, api: Client, post: NewPost) -> None:
        for _ in range(5):
            post(api)
        for path in ("", "?limit=2", "?offset=2"):
            with recorded() as statements:
                ids(f"{POSTS}/with_counts{path}")
            assert len(statements) == 1, statements


class TestListUserPosts:
    def test_shows_that_users_posts_with_counts(self, api: Client, stranger: Client, post: NewPost) -> None:
        mine, theirs = post(api), post(stranger)
        stranger.put(f"{POSTS}/{mine['id']}/like")
        [shown] = ANYONE.get("/api/v1/users/1/posts").json()
        assert shown == mine | {"username": "demo", "likes_count": 1, "retweets_count": 0}
        assert ids("/api/v1/users/2/posts") == [theirs["id"]]

    def test_who_wrote_nothing_has_an_empty_list_and_who_is_not_there_404(self, api: Client) -> None:
        assert ids("/api/v1/users/1/posts") == []
        for path in ("/api/v1/users/99/posts", "/api/v1/users/99/posts?offset=5"):
            answer = ANYONE.get(path)
            assert (answer.status, answer.error) == (404, "user_not_found")

    def test_is_one_statement(self, api: Client, post: NewPost) -> None:
        for _ in range(3):
            post(api)
        with recorded() as statements:
            assert _by_cursor("/api/v1/users/1/posts?limit=1") == [3, 2, 1]
        assert len(statements) == 3, statements  # one a page


class TestRelations:
    """PUT and DELETE of a like and of a retweet."""

    @pytest.fixture(params=["like", "retweet"])
    def relation(self, request: pytest.FixtureRequest) -> str:
        return f"{POSTS}/1/{request.param}"

    def count(self, relation: str) -> int:
        [shown] = ANYONE.get(f"{POSTS}/with_counts").json()
        return shown[f"{relation.rpartition('/')[2]}s_count"]

    def test_once_or_twice_is_the_same(
        self, api: Client, stranger: Client, post: NewPost, relation: str
    ) -> None:
        post(api)
        for fan in (api, stranger, api):  # one's own post too
            answer = fan.put(relation)
            assert (answer.status, answer.body) == (204, b"")
        assert self.count(relation) == 2
        for _ in range(2):
            answer = stranger.delete(relation)
            assert (answer.status, answer.body) == (204, b"")
            assert self.count(relation) == 1

    @pytest.mark.parametrize("method", ["PUT", "DELETE"])
    def test_of_no_post_is_404(self, api: Client, relation: str, method: str) -> None:
        answer = api.call(method, relation)
        assert (answer.status, answer.error) == (404, "post_not_found")

    @pytest.mark.parametrize("method", ["PUT", "DELETE"])
    def test_is_one_statement(self, api: Client, post: NewPost, relation: str, method: str) -> None:
        post(api)
        with recorded() as statements:
            api.call(method, relation)
        assert len(statements) == 1, statements

    def test_a_second_retweet_keeps_the_time_of_the_first(
        self, api: Client, post: NewPost, db: sa.Connection
    ) -> None:
        post(api)
        times = []
        for _ in range(2):
            api.put(f"{POSTS}/1/retweet")
            times.append(db.scalar(sa.text("SELECT timestamp FROM retweets")))
            db.rollback()
        assert times[0] == times[1]


def _by_cursor(path: str) -> list[int]:
    seen: list[int] = []
    while path:
        answer = ANYONE.get(path)
        seen += [post["id"] for post in answer.json()]
        path = answer.headers.get("link", "").partition(">")[0].lstrip("<")
    return seen
