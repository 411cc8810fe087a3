"""Who calls: the gateway's verified claims or, where there are none, the token verified here.

`sam local` knows no JWT authorizer and serves every route without claims, so absent claims mean
"verify it yourself", never "let it pass". Role and state come from the users row, never from a claim.
"""

import json
from dataclasses import asdict, dataclass
from typing import Annotated, Any

from fastapi import Depends, Request
from sqlalchemy import case, exists, func, literal, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, aliased

from shared.cache import cache
from shared.database.sessions import ReadSession, engine
from shared.http.caching import mark_private
from shared.http.errors import Forbidden, Unauthorized, UserInactive
from shared.http.fields import MAX_ID
from shared.models.users import User
from shared.settings import settings

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
        caller = _known(db, claims)
        cache().set(key, json.dumps(asdict(caller)).encode(), MAX_STALENESS)
    if not caller.is_active:
        raise UserInactive
    return caller


async def _admin(caller: "CurrentUser") -> Caller:
    if caller.role != "admin":
        raise Forbidden
    return caller


CurrentUser = Annotated[Caller, Depends(_caller, scope="function")]
Admin = Annotated[Caller, Depends(_admin, scope="function")]


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
        raise Unauthorized("Token verification failed")
    if not settings().external_issuer and claims.get("type") != "access":
        raise Unauthorized("Token verification failed")
    return claims


def _known(db: Session, claims: dict[str, Any]) -> Caller:
    """The users row that the claims name. Another issuer's user gets one at first sight."""
    columns = select(User.id, User.role, User.is_active)
    if settings().external_issuer:
        mine = (User.issuer == claims["iss"], User.subject == claims["sub"])
        row = db.execute(columns.where(*mine)).one_or_none()
        if row is None:
            db.rollback()  # hands back the one connection, for a write of its own in what may be a read
            with Session(engine()) as writing, writing.begin():
                _welcome(writing, claims["iss"], claims["sub"])
            row = db.execute(columns.where(*mine)).one()
    else:
        subject = claims["sub"]
        is_id = subject.isascii() and subject.isdigit() and len(subject) < 20 and int(subject) <= MAX_ID
        row = db.execute(columns.where(User.id == int(subject))).one_or_none() if is_id else None
    if row is None:
        raise Unauthorized("Token verification failed")
    return Caller(id=row.id, role=row.role, is_active=row.is_active)


def _welcome(db: Session, issuer: str, subject: str) -> None:
    """Make the row of another issuer's user; of racing requests one makes it. Its username is `u<id>`."""
    unnamed = f"new-{issuer} {subject}"  # unique, and no user can choose it
    made = db.scalar(
        insert(User)
        .values(username="", username_key=unnamed, issuer=issuer, subject=subject)
        .on_conflict_do_nothing(index_elements=[User.issuer, User.subject])
        .returning(User.id)
    )
    if made is not None:
        name = f"u{made}"
        other = aliased(User)
        taken = exists(select(other.id).where(other.username_key == name))
        chosen = case((taken, literal(name + "_") + func.substr(func.md5(unnamed), 1, 8)), else_=name)
        db.execute(update(User).where(User.id == made).values(username=chosen, username_key=chosen))
