"""POST /api/v1/auth/login: a token pair for a password.

The body is JSON, or the password form of OAuth2 (RFC 6749, section 4.3.2) that the scheme `Login` stands for:
`username`, which holds a username or an e-mail address, and `password`.

Errors: invalid_credentials, user_inactive, email_unverified.
"""

from typing import Annotated

from shared.database import WriteSession
from shared.http import Action, lambda_handler, one_route_app

from fastapi import Depends, Request

from accounts.credentials import Credentials, read_credentials
from accounts.password_sign_in import sign_in
from accounts.schemas import TokenPair
from accounts.sign_in_limits import by_address

app = one_route_app(Action("log in", "logging in"), limit=by_address, has_etag=False, retry_conflicts=False)


@app.post("/api/v1/auth/login", response_model=TokenPair)
async def login(
    request: Request, given: Annotated[Credentials, Depends(read_credentials)], db: WriteSession
) -> TokenPair:
    return sign_in(request, given, db)


handler = lambda_handler(app)
