"""GET /api/v1/users/me: read one's own account."""

from shared.database import ReadSession
from shared.http import lambda_handler, one_route_app
from shared.identity.callers import CurrentUser, own_row
from shared.models.users import User

from sqlalchemy import select

from accounts.schemas import UserOut

app = one_route_app()


@app.get("/api/v1/users/me", response_model=UserOut)
async def get_me(caller: CurrentUser, db: ReadSession) -> User:
    return own_row(db.scalars(select(User).where(User.id == caller.id)).one_or_none())


handler = lambda_handler(app)
