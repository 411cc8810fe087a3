"""GET /api/v1/users/me: read one's own account."""

from shared.database import ReadSession
from shared.http import lambda_handler, one_route_app
from shared.http.errors import InvalidToken
from shared.identity.callers import CurrentUser
from shared.models.users import User

from sqlalchemy import select

from accounts.schemas import UserOut

app = one_route_app()


@app.get("/api/v1/users/me", response_model=UserOut)
async def get_me(caller: CurrentUser, db: ReadSession) -> User:
    user = db.scalars(select(User).where(User.id == caller.id)).one_or_none()
    if user is None:  # deleted since the caller was read
        raise InvalidToken
    return user


handler = lambda_handler(app)
