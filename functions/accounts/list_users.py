"""GET /api/v1/users: list users, newest first, for admins."""

from shared.database import PageQuery, ReadSession
from shared.http import QueryFlag, lambda_handler, one_route_app
from shared.identity.callers import Admin
from shared.models.users import User

from sqlalchemy import select

from accounts.schemas import UserOut

app = one_route_app(has_etag=False)


@app.get("/api/v1/users", response_model=list[UserOut])
async def list_users(
    caller: Admin, db: ReadSession, page: PageQuery, is_active: QueryFlag = None
) -> list[User]:
    users = select(User).where(User.is_person)
    if is_active is not None:
        users = users.where(User.is_active == is_active)
    return page.fetch(db, users, key=[User.id])


handler = lambda_handler(app)
