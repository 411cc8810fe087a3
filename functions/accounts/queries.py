"""What more than one route reads."""

from shared.http import NotFound
from shared.models.social import Follow
from shared.models.users import User
from shared.redis.read_through import cached

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from accounts.schemas import ProfileOut


@cached(ttl=60, key_prefix="users", shown_at="GET /api/v1/users/{id}")
async def get_user_profile(user_id: int, *, db: Session) -> ProfileOut:
    """As `read_profile`, perhaps from the cache."""
    return read_profile(db, user_id)


def read_profile(db: Session, user_id: int) -> ProfileOut:
    """What GET shows at a user's URL. Errors: NotFound."""
    followers = select(func.count()).where(Follow.followed_id == User.id).scalar_subquery()
    following = select(func.count()).where(Follow.follower_id == User.id).scalar_subquery()
    profile = db.execute(
        select(
            User.id,
            User.username,
            User.name,
            User.created_at,
            followers.label("followers_count"),
            following.label("following_count"),
        ).where(User.id == user_id)
    ).one_or_none()
    if profile is None:
        raise NotFound("user")
    return ProfileOut.model_validate(profile)
