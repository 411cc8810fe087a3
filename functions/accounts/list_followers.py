"""GET /api/v1/users/{id}/followers: list who follows a user, newest follow first."""

from shared.database import PageQuery, ReadSession, Rows, get_or_404
from shared.http import PathId, lambda_handler, one_route_app
from shared.models.follows import Follow
from shared.models.users import User

from sqlalchemy import select

from accounts.queries import select_person
from accounts.schemas import FollowOut

app = one_route_app(has_etag=False)


@app.get("/api/v1/users/{id}/followers", response_model=list[FollowOut])
async def list_followers(user_id: PathId, db: ReadSession, page: PageQuery) -> Rows:
    get_or_404(db, select_person(user_id))
    rows = (
        select(User.id, User.username, Follow.created_at.label("followed_at"))
        .join(Follow, Follow.follower_id == User.id)
        .where(Follow.followed_id == user_id)
    )
    return page.fetch(db, rows, key=[Follow.created_at, Follow.follower_id])


handler = lambda_handler(app)
