"""Tokens of mailed links: 256 bits, stored as a hash, good for one use.

Whoever issues, spends or voids a user's tokens holds the user's row first, so each of them sees what the
others did.
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from hashlib import sha256
from secrets import token_urlsafe

from shared.database.sessions import execute_deferred
from shared.http.errors import ApiError
from shared.identity.users import email_key
from shared.models.mail import MailToken
from shared.models.users import User

from sqlalchemy import ColumnElement, and_, exists, func, insert, literal, select, update
from sqlalchemy.orm import Session


class Purpose(StrEnum):
    VERIFICATION = "verification"  # of the account's address or of the pending one
    RECOVERY = "recovery"  # sets a password
    INVITATION = "invitation"  # sets the first password
    UNDO = "undo"  # restores an address, which is reserved until the token ends


LIFETIMES = {
    Purpose.VERIFICATION: timedelta(hours=24),
    Purpose.RECOVERY: timedelta(hours=1),
    Purpose.INVITATION: timedelta(days=7),
    Purpose.UNDO: timedelta(days=7),
}

_IS_LIVE = and_(MailToken.spent_at.is_(None), MailToken.expires_at > func.clock_timestamp())


class InvalidMailToken(ApiError):
    status, code = 400, "invalid_mail_token"
    message = "The link is unknown, used, expired or void; ask for another mail"


@dataclass(frozen=True)
class Spent:
    """A token that was just spent, and its user, whose row is locked."""

    user: User
    purpose: Purpose
    email: str


def issue(db: Session, purpose: Purpose, user_id: int, email: str) -> str | None:
    """Stores a new token and returns it, None where it is no longer due.

    It is due while the address is the account's (of a verification: unverified or pending), of an undo while
    the address is reserved. Locks the user's row.
    """
    db.execute(select(User.id).where(User.id == user_id).with_for_update(read=True))
    token = token_urlsafe(32)
    columns = _columns(token, purpose, email)
    due = select(User.id, *columns.values()).where(User.id == user_id, _is_due(purpose, email))
    added = insert(MailToken).from_select(["user_id", *columns], due).returning(MailToken.user_id)
    return token if db.scalar(added) is not None else None


def reserve(db: Session, user_id: int, email: str) -> None:
    """Keeps an address from others while its undo link may come: an undo token that nobody has."""
    values = _columns(token_urlsafe(32), Purpose.UNDO, email)
    execute_deferred(db, insert(MailToken).values(user_id=user_id, **values))


def find(db: Session, token: str, *purposes: Purpose) -> None:
    """Errors: InvalidMailToken, if it could not be spent now."""
    if db.scalar(select(MailToken.user_id).where(_is(token, *purposes), _IS_LIVE)) is None:
        raise InvalidMailToken


def spend(db: Session, token: str, *purposes: Purpose) -> Spent:
    """Spends a token of one of the purposes. Of racing calls only one does. Errors: InvalidMailToken."""
    theirs = select(User).join(MailToken, MailToken.user_id == User.id).where(_is(token, *purposes))
    user = db.scalars(theirs.with_for_update(of=User)).one_or_none()
    now_spent = update(MailToken).where(_is(token, *purposes), _IS_LIVE).values(spent_at=func.now())
    token_row = db.execute(now_spent.returning(MailToken.purpose, MailToken.email)).one_or_none()
    if user is None or token_row is None:
        raise InvalidMailToken
    return Spent(user, Purpose(token_row.purpose), token_row.email)


def void(db: Session, user_id: int, *purposes: Purpose, email: str | None = None) -> None:
    """Ends the user's tokens of these purposes, those of one address if it is given. Hold the user's row."""
    theirs = [MailToken.user_id == user_id, MailToken.purpose.in_(purposes), MailToken.spent_at.is_(None)]
    if email is not None:
        theirs.append(MailToken.email_key == email_key(email))
    execute_deferred(db, update(MailToken).where(*theirs).values(spent_at=func.now()))


def void_undo_since(db: Session, user_id: int, email: str) -> None:
    """Ends the undo links of this address and of those that the user left after it: the oldest undo wins."""
    is_current = MailToken.expires_at > func.clock_timestamp()  # spent or not
    undo = (MailToken.user_id == user_id, MailToken.purpose == Purpose.UNDO, is_current)
    left_at = select(func.min(MailToken.created_at)).where(*undo, MailToken.email_key == email_key(email))
    later = (
        select(MailToken.email_key)
        .where(*undo)
        .group_by(MailToken.email_key)
        .having(func.min(MailToken.created_at) >= left_at.scalar_subquery())
    )
    ended = update(MailToken).where(*undo, MailToken.email_key.in_(later), MailToken.spent_at.is_(None))
    execute_deferred(db, ended.values(spent_at=func.now()))


def is_reserved(email: str, user_id: int | None) -> ColumnElement[bool]:
    """True if another user's undo link can still restore the address."""
    undo = and_(MailToken.purpose == Purpose.UNDO, MailToken.email_key == email_key(email), _IS_LIVE)
    return exists().where(undo, MailToken.user_id.is_distinct_from(user_id))


def _is_due(purpose: Purpose, email: str) -> ColumnElement[bool]:
    key = email_key(email)
    is_own = User.email_key == key
    match purpose:
        case Purpose.VERIFICATION:
            return User.is_active & ((is_own & ~User.email_verified) | (User.pending_email == email))
        case Purpose.RECOVERY:
            return User.is_active & is_own
        case Purpose.INVITATION:
            return User.is_active & is_own & User.password_hash.is_(None)
    reserved = and_(MailToken.purpose == Purpose.UNDO, MailToken.email_key == key, _IS_LIVE)
    return exists().where(reserved, MailToken.user_id == User.id)


def _columns(token: str, purpose: Purpose, email: str) -> dict[str, ColumnElement[object]]:
    return {
        "token_hash": literal(_hash_of(token)),
        "purpose": literal(purpose.value),
        "email": literal(email),
        "email_key": literal(email_key(email)),
        "expires_at": func.clock_timestamp() + LIFETIMES[purpose],
    }


def _is(token: str, *purposes: Purpose) -> ColumnElement[bool]:
    return and_(MailToken.token_hash == _hash_of(token), MailToken.purpose.in_(purposes))


def _hash_of(token: str) -> bytes:
    return sha256(token.encode()).digest()
