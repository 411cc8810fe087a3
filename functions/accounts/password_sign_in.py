"""A sign-in by password: the pair for right credentials, and the counts of wrong ones."""

from typing import Any

from shared.http import ApiError, UserInactive
from shared.models.users import IMPORTED, IMPORTED_COST, User
from shared.runtime.observability import count
from shared.runtime.settings import settings

from fastapi import Request
from sqlalchemy import Row, case, false, func, literal, or_, select, update
from sqlalchemy.orm import Session

from accounts import account_events, sign_in_sessions
from accounts.account_errors import EmailUnverified, InvalidCredentials
from accounts.credentials import Credentials
from accounts.passwords import verify_at_sign_in
from accounts.queries import ATTEMPTS, lock_unchanged
from accounts.schemas import TokenPair
from accounts.sign_in_limits import Attempt
from accounts.token_pairs import issue_pair


def sign_in(request: Request, given: Credentials, db: Session) -> TokenPair:
    """Errors: InvalidCredentials, UserInactive, EmailUnverified, RateLimited."""
    attempt = Attempt(request)
    for _ in range(ATTEMPTS):
        user = _read(db, given, attempt)
        attempt.count_sign_in(db, given.key, user)
        db.rollback()  # nothing is held while passwords are hashed and the key signs
        kept_hash = verify_at_sign_in(given.password, user.password_hash, user.imported_cost)
        if kept_hash is None:
            break
        if refusal := _refusal(user):
            account_events.record_failed_sign_in(db, request, user.id)
            raise refusal
        session_id = sign_in_sessions.new_id()
        pair = issue_pair(user.id, user.role, session_id)
        if lock_unchanged(db, user, User.is_active):
            if kept_hash != user.password_hash:
                db.execute(update(User).where(User.id == user.id).values(password_hash=kept_hash))
            attempt.succeed(db, user.id)
            account_events.record(db, request, "signed_in", user.id, by=user.id)
            sign_in_sessions.start(db, user.id, session_id, pair.refresh_token)
            return pair
    account_events.record_failed_sign_in(db, request, user.id)
    count("SignInFailure")
    raise InvalidCredentials


def _refusal(user: Row[*tuple[Any, ...]]) -> ApiError | None:
    """Returns why the user may not sign in although the password is right."""
    if not user.is_active:
        return UserInactive()
    if settings().requires_verified_email and not user.email_verified:
        return EmailUnverified()
    return None


def _read(db: Session, given: Credentials, attempt: Attempt) -> Row[*tuple[Any, ...]]:
    """The user of that name, columns of null where there is none, and what bcrypt costs imported users.

    Where one user's e-mail address is another's imported username, it is the address.
    """
    is_email, is_username = (
        key == name if name is not None else false()
        for key, name in ((User.email_key, given.email_key), (User.username_key, given.username_key))
    )
    cost = select(func.max(IMPORTED_COST)).select_from(User).where(IMPORTED).correlate(None)
    one = select(literal(1)).subquery()
    return db.execute(
        select(
            *(User.id, User.role, User.is_active, User.password_hash, is_email.label("is_email")),
            User.email_verified.label("email_verified"),
            *attempt.columns(),
            cost.scalar_subquery().label("imported_cost"),
        )
        .select_from(one.outerjoin(User, or_(is_email, is_username)))
        .order_by(case((is_email, 0), else_=1))
        .limit(1)
    ).one()
