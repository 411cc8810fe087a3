"""GET /api/v1/users/me: read one's own account."""

from shared.database import ReadSession, get_or_404
from shared.http import IfNoneMatch, lambda_handler, one_route_app, representation
from shared.identity.callers import CurrentUser
from shared.models.users import User

from sqlalchemy import select
from starlette.responses import Response

from accounts.schemas import UserOut

app = one_route_app()


@app.get("/api/v1/users/me", response_model=UserOut)
async def get_me(caller: CurrentUser, db: ReadSession, if_none_match: IfNoneMatch = None) -> Response:
    user = get_or_404(db, select(User).where(User.id == caller.id))
    return representation(UserOut.model_validate(user), if_none_match=if_none_match)


handler = lambda_handler(app)
