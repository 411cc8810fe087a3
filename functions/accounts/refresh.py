"""POST /api/v1/auth/refresh: a new token pair for a refresh token, which is spent by it.

Errors: invalid_refresh_token, user_inactive.
"""

from shared.database import WriteSession
from shared.http import lambda_handler, one_route_app

from fastapi import Request

from accounts import sign_in_sessions
from accounts.schemas import RefreshRequest, TokenPair
from accounts.sign_in_limits import Attempt, by_address
from accounts.token_pairs import issue_pair

app = one_route_app(limit=by_address, has_etag=False, retry_conflicts=False)


@app.post("/api/v1/auth/refresh", response_model=TokenPair)
async def refresh(request: Request, body: RefreshRequest, db: WriteSession) -> TokenPair:
    token = sign_in_sessions.find_live(db, request, body.refresh_token)
    db.rollback()  # nothing is held while the key signs
    pair = issue_pair(token.user_id, token.role, token.family_id)
    sign_in_sessions.rotate(db, token, pair.refresh_token)
    Attempt(request).refresh(db, token.user_id)
    return pair


handler = lambda_handler(app)
