"""POST /api/v1/auth/refresh: a new token pair for a refresh token, which is spent by it.

Errors: invalid_refresh_token, user_inactive.
"""

from shared.database import WriteSession
from shared.http import lambda_handler, one_route_app

from fastapi import Request

from accounts.schemas import RefreshRequest, TokenPair
from accounts.sign_in_limits import by_address
from accounts.token_pairs import renew_pair

app = one_route_app(limit=by_address, has_etag=False, retry_conflicts=False)


@app.post("/api/v1/auth/refresh", response_model=TokenPair)
async def refresh(request: Request, body: RefreshRequest, db: WriteSession) -> TokenPair:
    return renew_pair(request, body.refresh_token, db)


handler = lambda_handler(app)
