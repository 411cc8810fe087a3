"""Who calls: the gateway's verified claims or, where there are none, the token verified here.

`sam local` knows no JWT authorizer and serves every route without claims, so absent claims mean
"verify it yourself", never "let it pass". Role and state come from the users row, never from a claim.
"""

import json
from dataclasses import asdict, dataclass
from typing import Annotated, Any

from shared.cache import cache
from shared.database.sessions import ReadSession, separate_transaction
from shared.http.caching import mark_private
from shared.http.errors import Forbidden, InvalidToken, Unauthorized, UserInactive
from shared.http.fields import MAX_ID
from shared.identity.users import add_issuers_user
from shared.models.users import User
from shared.settings import settings

from fastapi import Depends, Request
from sqlalchemy import select
from sqlalchemy.orm import Session

MAX_STALENESS = 30  # seconds


@dataclass(frozen=True, slots=True)
class Caller:
    id: int
    role: str
    is_active: bool


async def _caller(request: Request, db: ReadSession) -> Caller:
    mark_private(request)
    claims = _claims(request)
    key = f"caller:{claims['iss']}:{claims['sub']}"
    if (kept := cache().get(key)) is not None:
        caller = Caller(**json.loads(kept))
    else:
        found = _read(db, claims)
        if found is None and settings().external_issuer:
            with separate_transaction(db) as writing:  # the one write of what may be a read
                add_issuers_user(writing, claims["iss"], claims["sub"])
            found = _read(db, claims)
        if found is None:
            raise InvalidToken
        caller = found
        cache().set(key, json.dumps(asdict(caller)).encode(), MAX_STALENESS)
    if not caller.is_active:
        raise UserInactive
    return caller


async def _admin(caller: "CurrentUser") -> Caller:
    if caller.role != "admin":
        raise Forbidden
    return caller


CurrentUser = Annotated[Caller, Depends(_caller)]
Admin = Annotated[Caller, Depends(_admin)]


def _claims(request: Request) -> dict[str, Any]:
    context = request.scope["aws.event"]["requestContext"]
    claims: dict[str, Any] = ((context.get("authorizer") or {}).get("jwt") or {}).get("claims") or {}
    if not claims:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise Unauthorized
        from shared.identity.tokens import verify  # the gateway has verified it everywhere but in sam local

        claims = verify(token.strip())
    # The gateway asks for none of these.
    if not (claims.get("sub") and claims.get("iss")):
        raise InvalidToken
    if not settings().external_issuer and claims.get("type") != "access":
        raise InvalidToken
    return claims


def _read(db: Session, claims: dict[str, Any]) -> Caller | None:
    """The caller of these claims, None where no user is."""
    issuer, subject = claims["iss"], claims["sub"]
    if settings().external_issuer:
        theirs = (User.issuer == issuer) & (User.subject == subject)
    elif subject.isascii() and subject.isdigit() and len(subject) < 20 and int(subject) <= MAX_ID:
        theirs = User.id == int(subject)
    else:
        return None
    row = db.execute(select(User.id, User.role, User.is_active).where(theirs)).one_or_none()
    return Caller(row.id, row.role, row.is_active) if row else None
