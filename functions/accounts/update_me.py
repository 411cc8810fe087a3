"""PUT /api/v1/users/me: change one's own account.

If the deployment sends mail, a new e-mail address waits in `pending_email` until it is verified. The current
address ends the wait.

Errors: current_password_required, invalid_credentials.
"""

from shared.database import WriteSession, invalidate
from shared.http import Preconditions, UserInactive, ValidationFailed, lambda_handler, one_route_app
from shared.identity.callers import CurrentUser, own_row
from shared.identity.users import email_key, name_key
from shared.models.users import User
from shared.runtime.observability import count
from shared.runtime.settings import settings

from fastapi import Request
from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts import account_events
from accounts.account_errors import CurrentPasswordRequired, InvalidCredentials
from accounts.address_changes import request_address
from accounts.queries import ATTEMPTS, get_user_profile
from accounts.schemas import MeUpdate, UserOut
from accounts.sign_in_limits import Attempt

app = one_route_app(retry_conflicts=False)


@app.put("/api/v1/users/me", response_model=UserOut)
async def update_me(
    request: Request, body: MeUpdate, caller: CurrentUser, db: WriteSession, preconditions: Preconditions
) -> User:
    if body.email is not None and settings().external_issuer:
        message = "The issuer's address cannot be changed here"
        raise ValidationFailed([{"loc": ("body", "email"), "msg": message, "type": "issuers_address"}])
    user = _lock(db, caller.id, body, Attempt(request))
    preconditions.check(user)
    if body.email is not None:
        old_key = user.email_key
        request_address(db, user, body.email)
        if user.email_key != old_key:
            account_events.record(db, request, "email_changed", user.id, by=user.id)
    if body.username is not None:
        user.username, user.username_key = body.username, name_key(body.username)
    if "name" in body.model_fields_set:
        user.name = body.name
    invalidate(db, get_user_profile.key(user.id))
    return user


def _lock(db: Session, user_id: int, body: MeUpdate, attempt: Attempt) -> User:
    """The caller's locked row, after their password was verified if they change their address.

    Errors: InvalidToken, UserInactive, CurrentPasswordRequired, InvalidCredentials.
    """
    new_key = email_key(body.email) if body.email is not None else None
    for _ in range(ATTEMPTS):
        verified_hash = _verify_password(db, user_id, new_key, body, attempt) if new_key is not None else None
        user = own_row(db.scalars(select(User).where(User.id == user_id).with_for_update()).one_or_none())
        if not user.is_active:
            raise UserInactive
        if new_key in (None, user.email_key):
            return user
        if verified_hash is not None and verified_hash == user.password_hash:
            attempt.take_back()
            return user
        db.rollback()
    raise InvalidCredentials


def _verify_password(db: Session, user_id: int, new_key: str, body: MeUpdate, attempt: Attempt) -> str | None:
    """The hash of the current password, None where the address stays the same.

    Errors: InvalidToken, CurrentPasswordRequired, InvalidCredentials.
    """
    from accounts.passwords import is_right  # with argon2, which few calls need

    columns = select(User.email_key, User.password_hash).where(User.id == user_id)
    own = own_row(db.execute(columns).one_or_none())
    if own.email_key == new_key:
        return None
    if body.current_password is None:
        raise CurrentPasswordRequired
    attempt.count_password(db, user_id)
    db.rollback()  # nothing is held while passwords are hashed
    if not is_right(body.current_password, own.password_hash):
        count("SignInFailure")
        raise InvalidCredentials
    return str(own.password_hash)


handler = lambda_handler(app)
