"""POST /api/v1/auth/web/logout: end the session of the cookie `__Host-refresh`, and the cookie.

Errors: origin_not_allowed.
"""

from shared.database import WriteSession
from shared.http import Action, lambda_handler, one_route_app

from fastapi import Request, Response

from accounts import sign_in_sessions
from accounts.refresh_cookie import AllowedOrigin, forget_token, token_of

app = one_route_app(Action("log out", "logging out"))


@app.post("/api/v1/auth/web/logout", status_code=204, dependencies=[AllowedOrigin])
async def web_logout(request: Request, response: Response, db: WriteSession) -> None:
    forget_token(response)
    sign_in_sessions.end_session_of(db, request, token_of(request))


handler = lambda_handler(app)
