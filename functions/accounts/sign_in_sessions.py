"""Sign-in sessions: families of refresh tokens, each spent by the refresh that replaces it.

Source: RFC 9700 (OAuth 2.0 Security Best Current Practice), section 4.14, refresh token rotation.
"""

from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256

from shared.database import separate_transaction
from shared.http import UserInactive
from shared.identity import REFRESH_LIFETIME
from shared.models.sign_in import RefreshFamily, RefreshToken
from shared.models.users import User
from shared.runtime.observability import count

from sqlalchemy import and_, func, select, update
from sqlalchemy.orm import Session

from accounts.errors import InvalidRefreshToken

FAMILY_LIFETIME = timedelta(days=30)
TOKEN_LIFETIME = timedelta(seconds=REFRESH_LIFETIME)
REUSE_GRACE = timedelta(seconds=10)  # a spent token seen again within is a client's race, later a thief's

_IS_LIVE = and_(
    RefreshFamily.revoked_at.is_(None),
    RefreshFamily.expires_at > func.now(),
    RefreshToken.expires_at > func.now(),
)


@dataclass(frozen=True)
class LiveToken:
    """A refresh token that can be spent, and whose it is."""

    token_hash: bytes
    family_id: int
    user_id: int
    role: str


def start(db: Session, user_id: int, refresh_token: str) -> None:
    """Begin a family. Hold the user's row: what ends all sessions waits for it, and then ends this one."""
    family = RefreshFamily(user_id=user_id, expires_at=func.now() + FAMILY_LIFETIME)
    db.add(family)
    db.flush()
    _add_token(db, family.id, refresh_token)


def find_live(db: Session, refresh_token: str) -> LiveToken:
    """The token as it stands, without a lock. One that was spent long ago ends its family.

    Errors: InvalidRefreshToken, UserInactive.
    """
    found = db.execute(
        select(
            RefreshToken.token_hash,
            RefreshToken.family_id,
            User.id,
            User.role,
            User.is_active,
            _IS_LIVE.label("lives"),
            RefreshToken.spent_at.is_not(None).label("spent"),
            (RefreshToken.spent_at < func.clock_timestamp() - REUSE_GRACE).label("stolen"),
        )
        .join(RefreshFamily, RefreshFamily.id == RefreshToken.family_id)
        .join(User, User.id == RefreshFamily.user_id)
        .where(RefreshToken.token_hash == _hash_of(refresh_token))
    ).one_or_none()
    if found is None or not found.lives:
        raise InvalidRefreshToken
    if found.stolen:
        with separate_transaction(db) as kept:  # the refusal rolls back the request's own
            _revoke(kept, found.family_id)
        count("RefreshTokenReuse")
    if found.spent:
        raise InvalidRefreshToken
    if not found.is_active:
        raise UserInactive
    return LiveToken(found.token_hash, found.family_id, found.id, found.role)


def rotate(db: Session, old: LiveToken, refresh_token: str) -> None:
    """Spend a token for the next one of its family. Of racing calls one does.

    Errors: InvalidRefreshToken where it was spent, or its family ended, since it was found.
    """
    spendable = (
        select(RefreshToken)
        .join(RefreshFamily, RefreshFamily.id == RefreshToken.family_id)
        .where(RefreshToken.token_hash == old.token_hash, RefreshToken.spent_at.is_(None), _IS_LIVE)
        .with_for_update(of=[RefreshToken, RefreshFamily], key_share=True)
    )
    token = db.scalars(spendable).one_or_none()
    if token is None:
        raise InvalidRefreshToken
    token.spent_at = func.clock_timestamp()
    _add_token(db, old.family_id, refresh_token)


def end(db: Session, refresh_token: str) -> None:
    """Revoke the token's family, if there is one."""
    families = select(RefreshToken.family_id).where(RefreshToken.token_hash == _hash_of(refresh_token))
    db.execute(update(RefreshFamily).where(RefreshFamily.id.in_(families)).values(revoked_at=func.now()))


def _revoke(db: Session, family_id: int) -> None:
    db.execute(update(RefreshFamily).where(RefreshFamily.id == family_id).values(revoked_at=func.now()))


def revoke_all(db: Session, user_id: int) -> None:
    """End every session of a user. Hold the user's row, so that no sign-in under way begins one after it."""
    live = (RefreshFamily.user_id == user_id, RefreshFamily.revoked_at.is_(None))
    db.execute(update(RefreshFamily).where(*live).values(revoked_at=func.now()))


def _add_token(db: Session, family_id: int, refresh_token: str) -> None:
    db.add(
        RefreshToken(
            token_hash=_hash_of(refresh_token),
            family_id=family_id,
            expires_at=func.now() + TOKEN_LIFETIME,
        )
    )
    db.flush()


def _hash_of(token: str) -> bytes:
    return sha256(token.encode()).digest()
