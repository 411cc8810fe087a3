"""The caller: from the gateway's verified claims or, without them, from the token verified here.

`sam local` knows no JWT authorizer and serves every route without claims, so absent claims mean "verify it
yourself", never "let it pass". Role and state come from the users row, never from a claim.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, TypeGuard

from shared.database.sessions import ReadSession, separate_transaction
from shared.http.envelope import mark_private
from shared.http.errors import Forbidden, InsufficientScope, InvalidToken, Unauthorized, UserInactive
from shared.http.event import client_id_of, verified_claims
from shared.http.fields import MAX_ID
from shared.identity.scopes import scope_of
from shared.identity.users import add_issuers_user
from shared.models.users import User
from shared.redis.cache import cached
from shared.runtime.settings import settings

from fastapi import Depends, Request
from pydantic import BaseModel
from sqlalchemy import BigInteger, ColumnElement, column, exists, func, select, table
from sqlalchemy.orm import Session

MAX_STALENESS = 30  # seconds
NO_SESSION = ""
NO_CLAIMS: Mapping[str, Any] = {}
# The table of RefreshFamily. To map the models of sign-in would slow the cold start of every route.
SESSIONS = table(
    "refresh_families",
    *(column("id", BigInteger), column("user_id", BigInteger), column("revoked_at"), column("expires_at")),
)

type Identity = tuple[str, str, str]  # issuer, subject, and session or NO_SESSION


class Caller(BaseModel):
    id: int
    role: str
    session_id: int | None  # None with a token of another issuer's, or without `sid`


@cached(ttl=MAX_STALENESS, key_prefix="callers", in_memory=True)
async def find_caller(
    issuer: str, subject: str, session: str, *, db: Session, claims: Mapping[str, Any] = NO_CLAIMS
) -> Caller:
    """`session`: the `sid` of the token, or NO_SESSION. `claims`: for another issuer's user at first sight.

    Errors: InvalidToken, if the claims name no user or live session; UserInactive.
    """
    found = _read(db, issuer, subject, session)
    if found is None and settings().external_issuer:
        with separate_transaction(db) as writing:  # the one write of what may be a read
            add_issuers_user(writing, issuer, subject, claims)
        found = _read(db, issuer, subject, session)
    if found is None:
        raise InvalidToken
    return found


def caller_cache_keys(user: User, session_ids: Iterable[int]) -> list[str]:
    """Returns the cache keys of the user as a caller: `invalidate` them with a change of role or state.

    `session_ids`: the user's live sessions, read while the user's row is locked.
    """
    if user.issuer and user.subject:
        return [find_caller.key(user.issuer, user.subject, NO_SESSION)]
    return [
        session_cache_key(user.id, NO_SESSION),
        *(session_cache_key(user.id, each) for each in session_ids),
    ]


def session_cache_key(user_id: int, session_id: int | str) -> str:
    """Returns the cache key of the user as the caller of a session: `invalidate` it when the session ends."""
    return find_caller.key(settings().jwt_issuer, user_id, session_id)


async def _caller(request: Request, db: ReadSession) -> Caller:
    mark_private(request)
    claims = _claims(request)
    identity = _identity_of(claims)
    # The gateway asks for none of these.
    if identity is None or (not settings().external_issuer and claims.get("type") != "access"):
        raise InvalidToken
    request.scope["aws.sub"] = claims["sub"]
    if client_id_of(claims) is not None:
        _require_scope(request, claims)
    return await find_caller(*identity, db=db, claims=claims)


async def _admin(caller: "CurrentUser") -> Caller:
    if caller.role != "admin":
        raise Forbidden
    return caller


CurrentUser = Annotated[Caller, Depends(_caller)]
Admin = Annotated[Caller, Depends(_admin)]


def own_row[T](row: T | None) -> T:
    """Returns the caller's own row. Errors: InvalidToken, if it was deleted since the caller was read."""
    if row is None:
        raise InvalidToken
    return row


def _claims(request: Request) -> Mapping[str, Any]:
    """Returns the verified claims. Errors: Unauthorized, InvalidToken."""
    if claims := verified_claims(request.scope["aws.event"]):
        return claims
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Unauthorized
    from shared.identity.access_tokens import (
        verify,  # the gateway has verified it everywhere but in sam local
    )

    return verify(token.strip())


def _require_scope(request: Request, claims: Mapping[str, Any]) -> None:
    """Lets a service reach the routes of its scopes alone. Errors: InsufficientScope."""
    scope = scope_of(request.scope["endpoint"].__module__, request.method)
    if scope is None or scope not in str(claims.get("scope", "")).split(" "):
        raise InsufficientScope(scope)


@find_caller.prefetch
def _prefetched(event: Mapping[str, Any]) -> Identity | None:
    return _identity_of(verified_claims(event))


def _identity_of(claims: Mapping[str, Any]) -> Identity | None:
    """Returns issuer, subject and session of these claims; None if one of them is malformed.

    `sid` is read from the built-in issuer's tokens only, since other issuers have sessions of their own. A
    service has none, nor have tokens of the release before sessions, which live for 30 minutes.
    """
    issuer, subject = claims.get("iss"), claims.get("sub")
    if not issuer or not _is_subject(subject):
        return None
    if settings().external_issuer or "sid" not in claims:
        return issuer, subject, NO_SESSION
    session = str(claims["sid"])
    return (issuer, subject, session) if _is_id(session) else None


def _is_subject(value: object) -> TypeGuard[str]:
    """OpenID Connect Core 1.0, section 2: at most 255 characters; none that the database cannot hold."""
    return isinstance(value, str) and re.fullmatch(r"[^\x00\ud800-\udfff]{1,255}", value) is not None


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 20 and int(text) <= MAX_ID


def _read(db: Session, issuer: str, subject: str, session: str) -> Caller | None:
    """Returns the caller of these claims, None without such a user or live session. Errors: UserInactive."""
    if settings().external_issuer:
        theirs: ColumnElement[bool] = (User.issuer == issuer) & (User.subject == subject)
    elif _is_id(subject):
        theirs = User.id == int(subject)
    else:
        return None
    session_id = int(session) if session else None
    if session_id is not None:
        theirs &= ~User.is_active | _is_live(session_id)
    row = db.execute(select(User.id, User.role, User.is_active).where(theirs)).one_or_none()
    if row is None:
        return None
    if not row.is_active:  # of which nothing is kept: an activation ends it at once
        raise UserInactive
    return Caller(id=row.id, role=row.role, session_id=session_id)


def _is_live(session_id: int) -> ColumnElement[bool]:
    """The session is the selected user's and has not ended."""
    session = SESSIONS.c
    theirs = (session.id == session_id, session.user_id == User.id)
    return exists().where(*theirs, session.revoked_at.is_(None), session.expires_at > func.now())
