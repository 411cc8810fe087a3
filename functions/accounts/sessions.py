"""Sign-in sessions: families of refresh tokens, each spent by the refresh that replaces it.

Source: RFC 9700 (OAuth 2.0 Security Best Current Practice), section 4.14, refresh token rotation.
"""

from datetime import timedelta
from hashlib import sha256

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session
from starlette.responses import Response

from accounts.schemas import TokenPair
from shared.http import representation
from shared.identity.issuing import ACCESS_LIFETIME, REFRESH_LIFETIME, issuer
from shared.models.sessions import RefreshFamily, RefreshToken
from shared.models.users import User

FAMILY_LIFETIME = timedelta(days=30)
RACE = timedelta(seconds=10)  # a spent token seen again within is a client's race, later a thief's
SWEEP = 2  # expired families deleted per sign-in, so that the table shrinks without a scheduler


def hash_of(token: str) -> bytes:
    return sha256(token.encode()).digest()


def start(db: Session, user: User) -> TokenPair:
    """A new family's first pair. Errors: ServiceUnavailable where the key cannot sign."""
    family = RefreshFamily(user_id=user.id, expires_at=func.now() + FAMILY_LIFETIME)
    db.add(family)
    expired = select(RefreshFamily.id).where(RefreshFamily.expires_at < func.now()).limit(SWEEP)
    db.execute(delete(RefreshFamily).where(RefreshFamily.id.in_(expired.with_for_update(skip_locked=True))))
    db.flush()
    return extend(db, family.id, user)


def extend(db: Session, family_id: int, user: User) -> TokenPair:
    """The next pair of a family. Errors: ServiceUnavailable where the key cannot sign."""
    pair = TokenPair(
        access_token=issuer().access_token(user.id, user.role),
        refresh_token=issuer().refresh_token(user.id),
        expires_in=ACCESS_LIFETIME,
    )
    lifetime = timedelta(seconds=REFRESH_LIFETIME)
    row = RefreshToken(
        token_hash=hash_of(pair.refresh_token), family_id=family_id, expires_at=func.now() + lifetime
    )
    db.add(row)
    db.flush()
    return pair


def revoke(db: Session, family_id: int) -> None:
    db.execute(update(RefreshFamily).where(RefreshFamily.id == family_id).values(revoked_at=func.now()))


def revoke_all(db: Session, user_id: int) -> None:
    mine = (RefreshFamily.user_id == user_id, RefreshFamily.revoked_at.is_(None))
    db.execute(update(RefreshFamily).where(*mine).values(revoked_at=func.now()))


def shown_pair(pair: TokenPair) -> Response:
    """RFC 6749, section 5.1: nobody keeps it."""
    response = representation(pair)
    del response.headers["ETag"]
    response.headers["Cache-Control"] = "no-store"
    return response
