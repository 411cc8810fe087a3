"""POST /api/v1/auth/web/login: an access token for a password, and the refresh token in a cookie.

For pages of the allowed origins, which must be of one site with the API. The cookie `__Host-refresh` is for
`refresh` and `logout` under the same path; no script reads it.

Errors: invalid_credentials, user_inactive, email_unverified, origin_not_allowed.
"""

from typing import Annotated

from shared.database import WriteSession
from shared.http import Action, lambda_handler, one_route_app

from fastapi import Depends, Request, Response

from accounts.credentials import Credentials, read_credentials
from accounts.password_sign_in import sign_in
from accounts.refresh_cookie import AllowedOrigin, keep_token
from accounts.schemas import AccessToken
from accounts.sign_in_limits import by_address

app = one_route_app(Action("log in", "logging in"), limit=by_address, has_etag=False, retry_conflicts=False)


@app.post("/api/v1/auth/web/login", response_model=AccessToken, dependencies=[AllowedOrigin])
async def web_login(
    request: Request,
    response: Response,
    given: Annotated[Credentials, Depends(read_credentials)],
    db: WriteSession,
) -> AccessToken:
    return keep_token(response, sign_in(request, given, db))


handler = lambda_handler(app)
