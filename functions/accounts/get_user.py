"""GET /api/v1/users/{id}: read a user's public profile."""

from shared.database import ReadSession
from shared.http import PathId, lambda_handler, one_route_app

from accounts.queries import get_user_profile
from accounts.schemas import ProfileOut

app = one_route_app()


@app.get("/api/v1/users/{id}", response_model=ProfileOut)
async def get_user(user_id: PathId, db: ReadSession) -> ProfileOut:
    return await get_user_profile(user_id, db=db)


handler = lambda_handler(app)
