"""The caller: from the gateway's verified claims or, without them, from the token verified here.

`sam local` knows no JWT authorizer and serves every route without claims, so absent claims mean "verify it
yourself", never "let it pass". Role and state come from the users row, never from a claim.
"""

import re
from collections.abc import Mapping
from typing import Annotated, Any

from shared.database.sessions import ReadSession, separate_transaction
from shared.http.envelope import mark_private
from shared.http.errors import Forbidden, InvalidToken, Unauthorized, UserInactive
from shared.http.fields import MAX_ID
from shared.identity.users import add_issuers_user
from shared.models.users import User
from shared.redis.cache import cached
from shared.runtime.settings import settings

from fastapi import Depends, Request
from pydantic import BaseModel
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

MAX_STALENESS = 30  # seconds


class Caller(BaseModel):
    id: int
    role: str
    is_active: bool


@cached(ttl=MAX_STALENESS, key_prefix="callers", in_memory=True)
async def find_caller(issuer: str, subject: str, *, db: Session) -> Caller:
    """Errors: InvalidToken, if the claims name no user."""
    found = _read(db, issuer, subject)
    if found is None and settings().external_issuer:
        with separate_transaction(db) as writing:  # the one write of what may be a read
            add_issuers_user(writing, issuer, subject)
        found = _read(db, issuer, subject)
    if found is None:
        raise InvalidToken
    return found


def caller_cache_key(user: User) -> str:
    """Returns the cache key of the user as a caller: `invalidate` it with a change of role or state."""
    built_in = (settings().jwt_issuer, user.id)
    return find_caller.key(*(user.issuer, user.subject) if user.issuer and user.subject else built_in)


async def _caller(request: Request, db: ReadSession) -> Caller:
    mark_private(request)
    claims = _claims(request)
    caller = await find_caller(claims["iss"], claims["sub"], db=db)
    if not caller.is_active:
        raise UserInactive
    return caller


async def _admin(caller: "CurrentUser") -> Caller:
    if caller.role != "admin":
        raise Forbidden
    return caller


CurrentUser = Annotated[Caller, Depends(_caller)]
Admin = Annotated[Caller, Depends(_admin)]


def _of_the_gateway(event: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the claims that the gateway has verified."""
    authorizer = event["requestContext"].get("authorizer") or {}
    return (authorizer.get("jwt") or {}).get("claims") or {}


def _claims(request: Request) -> dict[str, Any]:
    claims = _of_the_gateway(request.scope["aws.event"])
    if not claims:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise Unauthorized
        from shared.identity.access_tokens import (
            verify,  # the gateway has verified it everywhere but in sam local
        )

        claims = verify(token.strip())
    # The gateway asks for none of these.
    if not (_is_subject(claims.get("sub")) and claims.get("iss")):
        raise InvalidToken
    if not settings().external_issuer and claims.get("type") != "access":
        raise InvalidToken
    request.scope["aws.sub"] = claims["sub"]
    return claims


@find_caller.prefetch
def _prefetched(event: Mapping[str, Any]) -> tuple[str, str] | None:
    claims = _of_the_gateway(event)
    is_meant = claims.get("iss") and _is_subject(claims.get("sub"))
    return (claims["iss"], claims["sub"]) if is_meant else None


def _is_subject(value: object) -> bool:
    """OpenID Connect Core 1.0, section 2: at most 255 characters; none that the database cannot hold."""
    return isinstance(value, str) and re.fullmatch(r"[^\x00\ud800-\udfff]{1,255}", value) is not None


def _read(db: Session, issuer: str, subject: str) -> Caller | None:
    """Returns the caller of these claims, None without such a user."""
    if settings().external_issuer:
        theirs: ColumnElement[bool] = (User.issuer == issuer) & (User.subject == subject)
    elif subject.isascii() and subject.isdigit() and len(subject) < 20 and int(subject) <= MAX_ID:
        theirs = User.id == int(subject)
    else:
        return None
    row = db.execute(select(User.id, User.role, User.is_active).where(theirs)).one_or_none()
    return Caller(id=row.id, role=row.role, is_active=row.is_active) if row else None
