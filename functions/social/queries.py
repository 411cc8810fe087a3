"""Posts as they are shown, and what ties a user to a post."""

from typing import Any

from shared.http import NotFound
from shared.identity.callers import Caller
from shared.models.social import Like, Post, Retweet
from shared.models.users import User

from sqlalchemy import Select, Subquery, delete, func, literal, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

type Relation = type[Like] | type[Retweet]


def with_counts(page: Subquery) -> Select[*tuple[Any, ...]]:
    """The posts of a page of ids in the columns of PostWithCounts: of these alone anything is counted."""
    likes = select(func.count()).where(Like.post_id == Post.id).scalar_subquery()
    retweets = select(func.count()).where(Retweet.post_id == Post.id).scalar_subquery()
    return (
        select(
            Post.id,
            Post.content,
            Post.timestamp,
            Post.owner_id,
            User.username,
            likes.label("likes_count"),
            retweets.label("retweets_count"),
        )
        .join(page, page.c.id == Post.id)
        .join(User, User.id == Post.owner_id)
    )


def add_relation(db: Session, relation: Relation, post_id: int, caller: Caller) -> None:
    """Makes the caller like or retweet the post, in one statement. Errors: `post_not_found`."""
    # The lock keeps the post there until the row that names it is in.
    post = select(Post.id).where(Post.id == post_id).with_for_update(read=True, key_share=True).cte("post")
    row = select(post.c.id, literal(caller.id))
    related = insert(relation).from_select(["post_id", "user_id"], row).on_conflict_do_nothing()
    _require_post(db, select(post.c.id).add_cte(related.cte("related")))


def remove_relation(db: Session, relation: Relation, post_id: int, caller: Caller) -> None:
    """The opposite of `add_relation`. Errors: `post_not_found`."""
    gone = delete(relation).where(relation.post_id == post_id, relation.user_id == caller.id)
    _require_post(db, select(Post.id).where(Post.id == post_id).add_cte(gone.cte("gone")))


def _require_post(db: Session, statement: Select[int]) -> None:
    if db.scalar(statement) is None:
        raise NotFound("post")
