"""GET /api/v1/users/me: read one's own account."""

from shared.database import ReadSession, get_or_404
from shared.http import lambda_handler, one_route_app
from shared.identity.callers import CurrentUser
from shared.models.users import User

from sqlalchemy import select

from accounts.schemas import UserOut

app = one_route_app()


@app.get("/api/v1/users/me", response_model=UserOut)
async def get_me(caller: CurrentUser, db: ReadSession) -> User:
    return get_or_404(db, select(User).where(User.id == caller.id))


handler = lambda_handler(app)
