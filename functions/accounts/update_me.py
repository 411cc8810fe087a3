"""PUT /api/v1/users/me: change one's own account."""

from shared.database import WriteSession, get_or_404, invalidate
from shared.http import Preconditions, lambda_handler, one_route_app
from shared.identity.callers import CurrentUser
from shared.identity.users import email_key, name_key
from shared.models.users import User

from sqlalchemy import select

from accounts.queries import get_user_profile, refuse_imported_name
from accounts.schemas import MeUpdate, UserOut

app = one_route_app()


@app.put("/api/v1/users/me", response_model=UserOut)
async def update_me(
    body: MeUpdate, caller: CurrentUser, db: WriteSession, preconditions: Preconditions
) -> User:
    user = get_or_404(db, select(User).where(User.id == caller.id).with_for_update())
    preconditions.check(user)
    if body.email is not None:
        refuse_imported_name(db, body.email, user.id)
    if body.username is not None:
        user.username, user.username_key = body.username, name_key(body.username)
    if "name" in body.model_fields_set:
        user.name = body.name
    if body.email is not None:
        user.email, user.email_key = body.email, email_key(body.email)
    invalidate(db, get_user_profile.key(user.id))
    return user


handler = lambda_handler(app)
