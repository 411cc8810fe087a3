"""PUT /api/v1/users/{id}/follow: follow a user.

Errors: cannot_follow_self.
"""

from shared.database import WriteSession, invalidate
from shared.http import NotFound, PathId, lambda_handler, one_route_app
from shared.http.errors import InvalidToken
from shared.identity.callers import CurrentUser
from shared.models.follows import Follow
from shared.models.users import User

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from accounts.account_errors import CannotFollowSelf
from accounts.queries import get_user_profile

app = one_route_app()


@app.put("/api/v1/users/{id}/follow", status_code=204)
async def follow_user(user_id: PathId, caller: CurrentUser, db: WriteSession) -> None:
    if user_id == caller.id:
        raise CannotFollowSelf
    # The lock keeps both users there until the row that names them is in.
    both = select(User.id).where(User.id.in_([user_id, caller.id]), User.is_person)
    found = db.scalars(both.with_for_update(read=True, key_share=True)).all()
    if caller.id not in found:
        raise InvalidToken
    if user_id not in found:
        raise NotFound("user")
    db.execute(insert(Follow).values(follower_id=caller.id, followed_id=user_id).on_conflict_do_nothing())
    invalidate(db, get_user_profile.key(caller.id), get_user_profile.key(user_id))


handler = lambda_handler(app)
