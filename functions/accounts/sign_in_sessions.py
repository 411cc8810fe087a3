"""Sign-in sessions: families of refresh tokens, each spent by the refresh that replaces it.

An answer can be lost, and two tabs can share a token. So a token that was just spent gives another pair, as
long as none of its successors has been spent. Successors of one token are one generation, of which one can be
spent; else a thief's successor and the owner's would live side by side. Any other reuse ends the session.

Source: RFC 9700 (OAuth 2.0 Security Best Current Practice), section 4.14, refresh token rotation.
"""

import secrets
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import Any

from shared.database import execute_deferred, invalidate, separate_transaction
from shared.http import UserInactive
from shared.identity import REFRESH_LIFETIME, SESSION_LIFETIME
from shared.identity.callers import session_cache_key
from shared.models.sign_in import RefreshFamily, RefreshToken
from shared.models.users import User
from shared.runtime.observability import count

from fastapi import Request
from sqlalchemy import ColumnElement, Select, and_, func, insert, or_, select, update
from sqlalchemy.orm import Session

from accounts import account_events
from accounts.account_errors import InvalidRefreshToken

FAMILY_LIFETIME = timedelta(seconds=SESSION_LIFETIME)
TOKEN_LIFETIME = timedelta(seconds=REFRESH_LIFETIME)
REUSE_GRACE = timedelta(seconds=10)  # in which a spent token gives another pair
MAX_PAIRS = 3  # that one generation gives in all

_IS_LIVE = and_(
    RefreshFamily.revoked_at.is_(None),
    RefreshFamily.expires_at > func.now(),
    RefreshToken.expires_at > func.now(),
)
_IS_UNSPENT = and_(
    RefreshToken.spent_at.is_(None),
    func.coalesce(RefreshToken.generation, RefreshFamily.generation) == RefreshFamily.generation,
)
_MAY_REPEAT = and_(
    RefreshToken.generation == RefreshFamily.generation - 1,
    RefreshFamily.last_used_at > func.clock_timestamp() - REUSE_GRACE,
    RefreshFamily.tokens < MAX_PAIRS,
)


@dataclass(frozen=True)
class LiveToken:
    """A refresh token that gives a pair, and whose it is."""

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
    _add_token(db, session_id, refresh_token, generation=0)


def find_live(db: Session, request: Request, refresh_token: str) -> LiveToken:
    """Returns the token as it stands, without a lock. One that was spent and gives no pair ends its session.

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
            or_(_IS_UNSPENT, _MAY_REPEAT).label("gives_a_pair"),
        )
        .join(RefreshFamily, RefreshFamily.id == RefreshToken.family_id)
        .join(User, User.id == RefreshFamily.user_id)
        .where(RefreshToken.token_hash == _hash_of(refresh_token))
    ).one_or_none()
    if found is None or not found.lives:
        raise InvalidRefreshToken
    if not found.gives_a_pair:
        with separate_transaction(db) as kept:  # the refusal rolls back the request's own
            if _end(kept, RefreshFamily.id == found.family_id):
                account_events.record(kept, request, "token_reused", found.id, by=None)
        count("RefreshTokenReuse")
        raise InvalidRefreshToken
    if not found.is_active:
        raise UserInactive
    return LiveToken(found.token_hash, found.family_id, found.id, found.role)


def rotate(db: Session, old: LiveToken, refresh_token: str) -> None:
    """Gives a token its successor. Racing calls wait for each other, and share one generation.

    Errors: InvalidRefreshToken, if it can no longer give a pair or its session ended since it was found.
    """
    locked = (
        select(RefreshFamily.generation, _IS_UNSPENT.label("is_unspent"))
        .join(RefreshToken, RefreshToken.family_id == RefreshFamily.id)
        .where(RefreshToken.token_hash == old.token_hash, _IS_LIVE, or_(_IS_UNSPENT, _MAY_REPEAT))
        # Session first, as whatever ends it does: two that lock them in opposite orders end in a deadlock.
        .with_for_update(of=[RefreshFamily, RefreshToken], key_share=True)
    )
    found = db.execute(locked).one_or_none()
    if found is None:
        raise InvalidRefreshToken
    generation = found.generation
    family = update(RefreshFamily).where(RefreshFamily.id == old.family_id)
    if found.is_unspent:
        token = update(RefreshToken).where(RefreshToken.token_hash == old.token_hash)
        execute_deferred(db, token.values(spent_at=func.clock_timestamp(), generation=generation))
        generation += 1
        begun = {"generation": generation, "tokens": 1, "last_used_at": func.clock_timestamp()}
        execute_deferred(db, family.values(begun))
    else:
        execute_deferred(db, family.values(tokens=RefreshFamily.tokens + 1))
    _add_token(db, old.family_id, refresh_token, generation)


def end_session_of(db: Session, request: Request, refresh_token: str) -> None:
    """Ends the session of a refresh token, spent or not, if it is live, and records that."""
    families = select(RefreshToken.family_id).where(RefreshToken.token_hash == _hash_of(refresh_token))
    for user_id in _end(db, RefreshFamily.id.in_(families)):
        account_events.record(db, request, "session_ended", user_id, by=user_id)


def end_session(db: Session, user_id: int, session_id: int) -> bool:
    """Ends a session of the user. Returns False if there is no such live one."""
    return bool(_end(db, RefreshFamily.user_id == user_id, RefreshFamily.id == session_id))


def end_other_sessions(db: Session, user_id: int, but: int | None) -> int:
    """Ends the user's sessions but one. Returns how many."""
    return len(_end(db, RefreshFamily.user_id == user_id, RefreshFamily.id.is_distinct_from(but)))


def end_all_sessions(db: Session, user_id: int) -> int:
    """Ends every session of a user and their access tokens. Returns how many.

    Hold the user's row, so that no sign-in under way starts another one after it.
    """
    return len(_end(db, RefreshFamily.user_id == user_id))


def select_live(user_id: int, current: int | None) -> Select[*tuple[Any, ...]]:
    """Returns the statement that selects the columns of a SessionOut, of the user's live sessions."""
    return select(
        RefreshFamily.id,
        (RefreshFamily.expires_at - FAMILY_LIFETIME).label("created_at"),
        RefreshFamily.last_used_at,
        RefreshFamily.expires_at,
        RefreshFamily.id.is_not_distinct_from(current).label("current"),
    ).where(
        RefreshFamily.user_id == user_id,
        RefreshFamily.revoked_at.is_(None),
        RefreshFamily.expires_at > func.now(),
        RefreshFamily.last_used_at > func.now() - TOKEN_LIFETIME,  # the last one's refresh token lives
    )


def live_ids(user_id: int) -> ColumnElement[Any]:
    """Returns the column `session_ids`: an array of the user's live sessions."""
    live = (RefreshFamily.user_id == user_id, RefreshFamily.revoked_at.is_(None))
    return func.array(select(RefreshFamily.id).where(*live).scalar_subquery()).label("session_ids")


def _end(db: Session, *which: ColumnElement[bool]) -> list[int]:
    """Ends these sessions. Returns whose each was.

    Their access tokens are refused at once, or within 30 s without Redis.
    """
    live = update(RefreshFamily).where(*which, RefreshFamily.revoked_at.is_(None))
    ended = db.execute(
        live.values(revoked_at=func.now()).returning(RefreshFamily.user_id, RefreshFamily.id),
        execution_options={"synchronize_session": False},
    ).all()
    invalidate(db, *(session_cache_key(user_id, session_id) for user_id, session_id in ended))
    return [user_id for user_id, _ in ended]


def _add_token(db: Session, family_id: int, refresh_token: str, generation: int) -> None:
    row = insert(RefreshToken).values(
        token_hash=_hash_of(refresh_token),
        family_id=family_id,
        generation=generation,
        expires_at=func.now() + TOKEN_LIFETIME,
    )
    execute_deferred(db, row)


def _hash_of(token: str) -> bytes:
    return sha256(token.encode()).digest()
