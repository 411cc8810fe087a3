"""POST /api/v1/auth/login: a token pair for a password.

Errors: invalid_credentials, user_inactive.
"""

from typing import Annotated, Any

from shared.database import WriteSession
from shared.http import Action, UserInactive, lambda_handler, one_route_app
from shared.identity.users import email_key, name_key
from shared.models.users import IMPORTED, IMPORTED_COST, User
from shared.runtime.observability import count

from fastapi import Depends, Request
from sqlalchemy import Row, func, literal, select, update
from sqlalchemy.orm import Session

from accounts import sign_in_sessions
from accounts.credentials import Credentials, read_credentials
from accounts.errors import InvalidCredentials
from accounts.passwords import verify_at_sign_in
from accounts.schemas import TokenPair
from accounts.sign_in_limits import Attempt, by_address
from accounts.token_pairs import issue_pair

app = one_route_app(Action("log in", "logging in"), limit=by_address, has_etag=False, retry_conflicts=False)

ATTEMPTS = 2  # a sign-in beside this one may have hashed the password anew


@app.post("/api/v1/auth/login", response_model=TokenPair)
async def login(
    request: Request, given: Annotated[Credentials, Depends(read_credentials)], db: WriteSession
) -> TokenPair:
    attempt = Attempt(request)
    for _ in range(ATTEMPTS):
        user = _read(db, given, attempt)
        if not user.is_known:
            attempt.count(db, _key(given))
        db.rollback()  # nothing is held while passwords are hashed and the key signs
        kept_hash = verify_at_sign_in(given.password, user.password_hash, user.imported_cost)
        if kept_hash is None:
            break
        if not user.is_active:
            raise UserInactive
        pair = issue_pair(user.id, user.role)
        if _lock_unchanged(db, user):
            if kept_hash != user.password_hash:
                db.execute(update(User).where(User.id == user.id).values(password_hash=kept_hash))
            attempt.succeed(db, user.id)
            sign_in_sessions.start(db, user.id, pair.refresh_token)
            return pair
    count("SignInFailure")
    raise InvalidCredentials


def _read(db: Session, given: Credentials, attempt: Attempt) -> Row[Any]:
    """The user of that name, columns of null where there is none, and what bcrypt costs imported users."""
    named = (User.email_key if given.is_email else User.username_key) == _key(given)
    cost = select(func.max(IMPORTED_COST)).select_from(User).where(IMPORTED).correlate(None)
    one = select(literal(1)).subquery()
    columns = (User.id, User.role, User.is_active, User.password_hash, attempt.is_known().label("is_known"))
    return db.execute(
        select(*columns, cost.scalar_subquery().label("imported_cost")).select_from(
            one.outerjoin(User, named)
        )
    ).one()


def _key(given: Credentials) -> str:
    """The form in which the name is compared."""
    return email_key(given.name) if given.is_email else name_key(given.name)


def _lock_unchanged(db: Session, user: Row[Any]) -> bool:
    """Whether the password that was verified is still the user's, and stays so until the commit."""
    same = (User.id == user.id, User.password_hash == user.password_hash, User.is_active)
    return db.scalar(select(User.id).where(*same).with_for_update(key_share=True)) is not None


handler = lambda_handler(app)
