"""DELETE /api/v1/users/{id}/follow: follow a user no longer.

Errors: cannot_follow_self.
"""

from shared.database import WriteSession, get_or_404, invalidate
from shared.http import PathId, lambda_handler, one_route_app
from shared.identity.callers import CurrentUser
from shared.models.follows import Follow

from sqlalchemy import delete

from accounts.account_errors import CannotFollowSelf
from accounts.queries import get_user_profile, select_person

app = one_route_app()


@app.delete("/api/v1/users/{id}/follow", status_code=204)
async def unfollow_user(user_id: PathId, caller: CurrentUser, db: WriteSession) -> None:
    if user_id == caller.id:
        raise CannotFollowSelf
    get_or_404(db, select_person(user_id))
    db.execute(delete(Follow).where(Follow.follower_id == caller.id, Follow.followed_id == user_id))
    invalidate(db, get_user_profile.key(caller.id), get_user_profile.key(user_id))


handler = lambda_handler(app)
