"""Token pairs as sign-in and refresh answer with them."""

from shared.identity import ACCESS_LIFETIME
from shared.identity.issuing import issuer

from fastapi import Request
from sqlalchemy.orm import Session

from accounts import sign_in_sessions
from accounts.schemas import TokenPair
from accounts.sign_in_limits import Attempt


def issue_pair(user_id: int, role: str, session_id: int) -> TokenPair:
    """Sign a pair. No row may be locked meanwhile: KMS can take seconds, and others would wait for it.

    Errors: ServiceUnavailable where the key cannot sign.
    """
    return TokenPair(
        access_token=issuer().access_token(user_id, role, session_id),
        refresh_token=issuer().refresh_token(user_id),
        expires_in=ACCESS_LIFETIME,
    )


def renew_pair(request: Request, refresh_token: str, db: Session) -> TokenPair:
    """Spends the refresh token for another pair. Errors: InvalidRefreshToken, UserInactive."""
    token = sign_in_sessions.find_live(db, request, refresh_token)
    db.rollback()  # nothing is held while the key signs
    pair = issue_pair(token.user_id, token.role, token.family_id)
    sign_in_sessions.rotate(db, token, pair.refresh_token)
    Attempt(request).refresh(db, token.user_id)
    return pair
