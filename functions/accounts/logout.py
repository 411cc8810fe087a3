"""POST /api/v1/auth/logout: end the session of a refresh token."""

from sqlalchemy import select
from starlette.responses import Response

from accounts import sessions
from accounts.schemas import RefreshToken as Body
from shared.database import WriteSession
from shared.http import Action, lambda_handler, one_route_app
from shared.models.sessions import RefreshToken

app = one_route_app(Action("log out", "logging out"))


@app.post("/api/v1/auth/logout", status_code=204, response_model=None)
async def logout(body: Body, db: WriteSession) -> Response:
    known = select(RefreshToken).where(RefreshToken.token_hash == sessions.hash_of(body.refresh_token))
    if (token := db.scalars(known).one_or_none()) is not None:
        sessions.revoke(db, token.family_id)
    return Response(status_code=204)


handler = lambda_handler(app)
