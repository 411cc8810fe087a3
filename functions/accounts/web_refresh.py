"""POST /api/v1/auth/web/refresh: a new access token for the cookie `__Host-refresh`, which is spent by it.

The answer sets the next cookie. The request has no body.

Errors: invalid_refresh_token, user_inactive, origin_not_allowed.
"""

from shared.database import WriteSession
from shared.http import Action, lambda_handler, one_route_app

from fastapi import Request, Response

from accounts.refresh_cookie import AllowedOrigin, keep_token, token_of
from accounts.schemas import AccessToken
from accounts.sign_in_limits import by_address
from accounts.token_pairs import renew_pair

app = one_route_app(Action("refresh", "refreshing"), limit=by_address, has_etag=False, retry_conflicts=False)


@app.post("/api/v1/auth/web/refresh", response_model=AccessToken, dependencies=[AllowedOrigin])
async def web_refresh(request: Request, response: Response, db: WriteSession) -> AccessToken:
    return keep_token(response, renew_pair(request, token_of(request), db))


handler = lambda_handler(app)
