"""Queries of more than one route."""

from typing import Any

from shared.http import NotFound
from shared.models.follows import Follow
from shared.models.users import User
from shared.redis.cache import cached

from sqlalchemy import Row, Select, SQLColumnExpression, func, select
from sqlalchemy.orm import Session

from accounts.schemas import ProfileOut

ATTEMPTS = 2  # at a password: another sign-in may have rehashed it meanwhile


@cached(ttl=60, key_prefix="users", shown_at="GET /api/v1/users/{id}")
async def get_user_profile(user_id: int, *, db: Session) -> ProfileOut:
    """As `read_profile`, perhaps from the cache."""
    return read_profile(db, user_id)


def read_profile(db: Session, user_id: int) -> ProfileOut:
    """Returns what GET shows at a user's URL. Errors: NotFound."""
    profile = db.execute(select_profile(user_id)).one_or_none()
    if profile is None:
        raise NotFound("user")
    return ProfileOut.model_validate(profile)


def select_profile(user_id: int) -> Select[*tuple[Any, ...]]:
    """Returns the statement that selects the columns of a ProfileOut."""
    followers = select(func.count()).where(Follow.followed_id == User.id).scalar_subquery()
    following = select(func.count()).where(Follow.follower_id == User.id).scalar_subquery()
    return select(
        User.id,
        User.username,
        User.name,
        User.created_at,
        followers.label("followers_count"),
        following.label("following_count"),
    ).where(User.id == user_id, User.is_person)


def select_person(user_id: int) -> Select[User]:
    """Returns the statement that selects a user, none for a service's row."""
    return select(User).where(User.id == user_id, User.is_person)


def lock_unchanged(db: Session, user: Row[*tuple[Any, ...]], *conditions: SQLColumnExpression[bool]) -> bool:
    """True if the password hash is the one that was verified; the row is then locked until the commit."""
    same = (User.id == user.id, User.password_hash == user.password_hash, *conditions)
    return db.scalar(select(User.id).where(*same).with_for_update(key_share=True)) is not None
