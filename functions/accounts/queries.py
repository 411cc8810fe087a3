"""What more than one route reads."""

from shared.http import NotFound
from shared.models.social import Follow
from shared.models.users import User

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from accounts.schemas import ProfileOut


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
