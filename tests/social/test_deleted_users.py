"""The posts of deleted users are gone at once; their likes and retweets go as a job proceeds."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa

import remove_users
from tests.accounts.deletions import deletion_under_way
from tests.conftest import NewUser
from tests.jobs.conftest import Context
from tests.social.conftest import NewPost
from tests.social.test_posts import ANYONE, POSTS, ids
from tests.support.client import Client
from tests.support.sample_calls import id_of

type Delete = Callable[[Client], None]


@pytest.fixture
def delete(new_user: NewUser) -> Delete:
    def delete(user: Client) -> None:
        assert new_user("root", role="admin").delete(f"/api/v1/users/{id_of(user)}").status == 204

    return delete


def test_posts_are_404_or_absent(api: Client, stranger: Client, post: NewPost, delete: Delete) -> None:
    kept, gone = post(stranger)["id"], post(api)["id"]
    assert stranger.put(f"/api/v1/users/{id_of(api)}/follow").status == 204
    delete(api)
    path = f"{POSTS}/{gone}"
    for answer in (
        ANYONE.get(path),
        stranger.delete(path),
        *(
            stranger.call(method, f"{path}/{relation}")
            for method in ("PUT", "DELETE")
            for relation in ("like", "retweet")
        ),
    ):
        assert (answer.status, answer.error) == (404, "post_not_found")
    assert ANYONE.get(f"/api/v1/users/{id_of(api)}/posts").error == "user_not_found"
    for shown in (ids(POSTS), ids(f"{POSTS}/with_counts"), ids("/api/v1/feed", stranger)):
        assert shown == [kept]


def test_likes_fall_with_the_job(
    api: Client, stranger: Client, post: NewPost, delete: Delete, db: sa.Connection
) -> None:
    liked, own = post(stranger)["id"], post(api)["id"]
    for path in (f"{POSTS}/{liked}/like", f"{POSTS}/{liked}/retweet"):
        assert api.put(path).status == 204
    assert stranger.put(f"{POSTS}/{own}/like").status == 204
    delete(api)
    remove_users.handler({}, Context())
    [shown] = ANYONE.get(f"{POSTS}/with_counts").json()
    assert (shown["id"], shown["likes_count"], shown["retweets_count"]) == (liked, 0, 0)
    assert [db.scalar(sa.text(f"SELECT count(*) FROM {name}")) for name in ("posts", "likes")] == [1, 0]


def test_a_post_that_is_written_meanwhile_goes_too(
    api: Client, new_user: NewUser, post: NewPost, db: sa.Connection
) -> None:
    with deletion_under_way(db, new_user("root", role="admin"), api):
        written = post(api)["id"]
    assert api.post(POSTS, json={"content": "later"}).error == "unauthorized"
    assert ANYONE.get(f"{POSTS}/{written}").error == "post_not_found"
    assert ids(POSTS) == []


def test_likes_that_are_given_meanwhile_fall_with_the_job(
    api: Client, stranger: Client, new_user: NewUser, post: NewPost, db: sa.Connection
) -> None:
    liked, retweeted = (f"{POSTS}/{post(stranger)['id']}" for _ in range(2))
    with deletion_under_way(db, new_user("root", role="admin"), api):
        assert api.put(f"{liked}/like").status == 204
    assert api.put(f"{retweeted}/retweet").status == 204  # for 30 s, and the job waits for two minutes
    db.execute(sa.text("UPDATE leaving_users SET deleted_at = now() - interval '3 minutes'"))
    db.commit()
    remove_users.handler({}, Context())
    for each in ANYONE.get(f"{POSTS}/with_counts").json():
        assert (each["likes_count"], each["retweets_count"]) == (0, 0)
    assert db.scalar(sa.text("SELECT count(*) FROM leaving_users")) == 0
