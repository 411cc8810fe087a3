"""POST /api/v1/auth/refresh: a new token pair for a refresh token, which is spent by it."""

from fastapi import Request
from sqlalchemy import func, select
from starlette.responses import Response

from accounts import sessions
from accounts.errors import InvalidRefreshToken
from accounts.schemas import RefreshToken as Body
from accounts.schemas import TokenPair
from shared.database import WriteSession
from shared.http import UserInactive, lambda_handler, one_route_app
from shared.http.envelope import respond_to_error
from shared.models.sessions import RefreshFamily, RefreshToken
from shared.models.users import User
from shared.observability import count

app = one_route_app()


@app.post("/api/v1/auth/refresh", response_model=TokenPair)
async def refresh(body: Body, request: Request, db: WriteSession) -> Response:
    # Both rows are locked: of racing calls the second one sees the token as the first one left it.
    found = db.execute(
        select(
            RefreshToken,
            User,
            (RefreshFamily.revoked_at.is_(None) & (RefreshFamily.expires_at > func.now())).label("alive"),
            (RefreshToken.expires_at > func.now()).label("valid"),
            (RefreshToken.spent_at < func.clock_timestamp() - sessions.RACE).label("stolen"),
        )
        .join(RefreshFamily, RefreshFamily.id == RefreshToken.family_id)
        .join(User, User.id == RefreshFamily.user_id)
        .where(RefreshToken.token_hash == sessions.hash_of(body.refresh_token))
        .with_for_update(of=[RefreshToken, RefreshFamily])
    ).one_or_none()
    if found is None or not (found.alive and found.valid):
        raise InvalidRefreshToken
    token, user = found.RefreshToken, found.User
    if token.spent_at is not None:
        if not found.stolen:
            raise InvalidRefreshToken
        sessions.revoke(db, token.family_id)
        count("RefreshTokenReuse")
        return await respond_to_error(request, InvalidRefreshToken())  # returned: the revocation commits
    if not user.is_active:
        raise UserInactive
    pair = sessions.extend(db, token.family_id, user)
    token.spent_at = func.clock_timestamp()
    db.flush()
    return sessions.shown_pair(pair)


handler = lambda_handler(app)
