"""GET /api/v1/users/{id}: read a user's public profile."""

from sqlalchemy import func, select
from starlette.responses import Response

from accounts.schemas import ProfileOut
from shared.database import ReadSession
from shared.http import IfNoneMatch, NotFound, PathId, lambda_handler, one_route_app, representation
from shared.models.social import Follow
from shared.models.users import User

app = one_route_app()


@app.get("/api/v1/users/{id}", response_model=ProfileOut)
async def get_user(user_id: PathId, db: ReadSession, if_none_match: IfNoneMatch = None) -> Response:
    followers = select(func.count()).where(Follow.followed_id == User.id).scalar_subquery()
    following = select(func.count()).where(Follow.follower_id == User.id).scalar_subquery()
    profile = db.execute(
        select(
            *(User.id, User.username, User.name, User.created_at),
            followers.label("followers_count"),
            following.label("following_count"),
        ).where(User.id == user_id)
    ).one_or_none()
    if profile is None:
        raise NotFound("user")
    return representation(ProfileOut.model_validate(profile), if_none_match=if_none_match)


handler = lambda_handler(app)
