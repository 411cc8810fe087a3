"""POST /api/v1/auth/logout: end the session of a refresh token."""

from shared.database import WriteSession
from shared.http import Action, lambda_handler, one_route_app

from fastapi import Request

from accounts import sign_in_sessions
from accounts.schemas import RefreshRequest

app = one_route_app(Action("log out", "logging out"))


@app.post("/api/v1/auth/logout", status_code=204)
async def logout(request: Request, body: RefreshRequest, db: WriteSession) -> None:
    sign_in_sessions.end_session_of(db, request, body.refresh_token)


handler = lambda_handler(app)
