"""GET /api/v1/users/{id}: read a user's public profile."""

from shared.database import ReadSession
from shared.http import IfNoneMatch, PathId, lambda_handler, one_route_app, representation

from starlette.responses import Response

from accounts.queries import get_user_profile
from accounts.schemas import ProfileOut

app = one_route_app()


@app.get("/api/v1/users/{id}", response_model=ProfileOut)
async def get_user(user_id: PathId, db: ReadSession, if_none_match: IfNoneMatch = None) -> Response:
    return representation(await get_user_profile(user_id, db=db), if_none_match=if_none_match)


handler = lambda_handler(app)
