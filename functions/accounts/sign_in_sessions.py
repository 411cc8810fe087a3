"""Sign-in sessions: families of refresh tokens, each spent by the refresh that replaces it.

Source: RFC 9700 (OAuth 2.0 Security Best Current Practice), section 4.14, refresh token rotation.
"""

import secrets
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import Any

from shared.database import execute_deferred, invalidate, separate_transaction
from shared.http import UserInactive
from shared.identity import REFRESH_LIFETIME
from shared.identity.callers import session_cache_key
from shared.models.sign_in import RefreshFamily, RefreshToken
from shared.models.users import User
from shared.runtime.observability import count

from sqlalchemy import ColumnElement, and_, func, insert, select, update
from sqlalchemy.orm import Session

from accounts.account_errors import InvalidRefreshToken

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


def new_id() -> int:
    """Returns the id of a session to start: tokens name it, and are signed before its row is written.

    It is random, since asking the database for a number of a sequence pins RDS Proxy, and below 2^53, which
    JavaScript's numbers hold.
    """
    return secrets.randbits(53)


def start(db: Session, user_id: int, session_id: int, refresh_token: str) -> None:
    """Starts a session. Hold the user's row: what ends all sessions waits for it, and then ends this one."""
    expires = func.now() + FAMILY_LIFETIME
    execute_deferred(db, insert(RefreshFamily).values(id=session_id, user_id=user_id, expires_at=expires))
    _add_token(db, session_id, refresh_token)


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
            _end(kept, RefreshFamily.id == found.family_id)
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


def end_session_of(db: Session, refresh_token: str) -> int:
    """Ends the session of a refresh token, spent or not. Returns how many ended: 0 or 1."""
    families = select(RefreshToken.family_id).where(RefreshToken.token_hash == _hash_of(refresh_token))
    return _end(db, RefreshFamily.id.in_(families))


def end_all_sessions(db: Session, user_id: int) -> int:
    """Ends every session of a user and their access tokens. Returns how many.

    Hold the user's row, so that no sign-in under way starts another one after it.
    """
    return _end(db, RefreshFamily.user_id == user_id)


def live_ids(user_id: int) -> ColumnElement[Any]:
    """Returns the column `session_ids`: an array of the user's live sessions."""
    live = (RefreshFamily.user_id == user_id, RefreshFamily.revoked_at.is_(None))
    return func.array(select(RefreshFamily.id).where(*live).scalar_subquery()).label("session_ids")


def _end(db: Session, *which: ColumnElement[bool]) -> int:
    """Ends these sessions; their access tokens are refused at once, or within 30 s without Redis."""
    live = update(RefreshFamily).where(*which, RefreshFamily.revoked_at.is_(None))
    ended = db.execute(
        live.values(revoked_at=func.now()).returning(RefreshFamily.user_id, RefreshFamily.id),
        execution_options={"synchronize_session": False},
    ).all()
    invalidate(db, *(session_cache_key(user_id, session_id) for user_id, session_id in ended))
    return len(ended)


def _add_token(db: Session, family_id: int, refresh_token: str) -> None:
    hashed, expires = _hash_of(refresh_token), func.now() + TOKEN_LIFETIME
    row = insert(RefreshToken).values(token_hash=hashed, family_id=family_id, expires_at=expires)
    execute_deferred(db, row)


def _hash_of(token: str) -> bytes:
    return sha256(token.encode()).digest()
