"""PUT /api/v1/users/me/password: change one's password and end every session.

Errors: invalid_credentials.
"""

from shared.database import WriteSession
from shared.http import lambda_handler, one_route_app
from shared.identity.callers import CurrentUser, own_row
from shared.models.users import User
from shared.runtime.observability import count

from fastapi import Request
from sqlalchemy import select, update

from accounts import account_events, passwords, sign_in_sessions
from accounts.account_errors import InvalidCredentials
from accounts.mailed_links import notify, void_outstanding
from accounts.queries import ATTEMPTS, lock_unchanged
from accounts.schemas import PasswordChange
from accounts.sign_in_limits import Attempt

app = one_route_app(retry_conflicts=False)


@app.put("/api/v1/users/me/password", status_code=204)
async def change_password(
    request: Request, body: PasswordChange, caller: CurrentUser, db: WriteSession
) -> None:
    attempt = Attempt(request)
    for _ in range(ATTEMPTS):
        own = select(User.id, User.password_hash).where(User.id == caller.id)
        user = own_row(db.execute(own).one_or_none())
        attempt.count_password(db, user.id)
        db.rollback()  # nothing is held while passwords are hashed
        if not passwords.is_right(body.current_password, user.password_hash):
            break
        new_hash = passwords.hash_password(body.new_password)
        if lock_unchanged(db, user):
            sign_in_sessions.end_all_sessions(db, user.id)
            attempt.change_password(db, user.id)
            void_outstanding(db, user.id)
            notify(db, "password_changed", user.id)
            account_events.record(db, request, "password_changed", user.id, by=user.id)
            changes = {"password_hash": new_hash, "pending_email": None}
            db.execute(update(User).where(User.id == user.id).values(changes))
            return
    count("SignInFailure")
    raise InvalidCredentials


handler = lambda_handler(app)
