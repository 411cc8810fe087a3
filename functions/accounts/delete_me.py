"""POST /api/v1/users/me/deletion: delete one's own account.

It takes the current password and, with another issuer, an empty body.

Errors: invalid_credentials, last_admin.
"""

from shared.database import WriteSession
from shared.http import ValidationFailed, lambda_handler, one_route_app
from shared.identity.callers import CurrentUser, own_row
from shared.models.users import User
from shared.runtime.observability import count
from shared.runtime.settings import settings

from fastapi import Request
from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.account_errors import InvalidCredentials
from accounts.deletion import delete_account, lock_account
from accounts.queries import ATTEMPTS
from accounts.schemas import AccountDeletion
from accounts.sign_in_limits import Attempt

app = one_route_app(retry_conflicts=False)

EMPTY = AccountDeletion()


@app.post("/api/v1/users/me/deletion", status_code=204)
async def delete_me(
    request: Request, caller: CurrentUser, db: WriteSession, body: AccountDeletion = EMPTY
) -> None:
    password = body.current_password
    if settings().external_issuer:
        if password is not None:
            raise _invalid("Give no password: the issuer has it", "extra_forbidden")
        user = lock_account(db, caller.id)
    else:
        if password is None:
            raise _invalid("Field required", "missing")
        user = _lock_by_password(db, caller.id, password, Attempt(request))
    delete_account(db, request, own_row(user), by=caller.id)


def _lock_by_password(db: Session, user_id: int, password: str, attempt: Attempt) -> User | None:
    """Returns the user as `lock_account` does. Errors: InvalidCredentials, LastAdmin."""
    from accounts.passwords import is_right  # with argon2, which another issuer's users never need

    for _ in range(ATTEMPTS):
        found = db.execute(select(User.password_hash).where(User.id == user_id)).one_or_none()
        if found is None:
            return None
        attempt.count_password(db, user_id)
        db.rollback()  # nothing is held while the password is hashed
        if not is_right(password, found.password_hash):
            break
        user = lock_account(db, user_id)
        if user is None or user.password_hash == found.password_hash:
            attempt.take_back()
            return user
        db.rollback()
    count("SignInFailure")
    raise InvalidCredentials


def _invalid(message: str, kind: str) -> ValidationFailed:
    return ValidationFailed([{"loc": ("body", "current_password"), "msg": message, "type": kind}])


handler = lambda_handler(app)
