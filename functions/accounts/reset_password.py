"""POST /api/v1/auth/password/reset: set a password by a mailed token and end every session.

Accepts the token of a recovery or an invitation. The address then counts as verified.

The route exists only if the deployment sends mail.

Errors: invalid_mail_token.
"""

from shared.database import WriteSession
from shared.http import Action, lambda_handler, one_route_app
from shared.identity.mail_tokens import InvalidMailToken, Purpose, find, spend
from shared.identity.users import email_key
from shared.jobs import enqueue

from fastapi import Request

from accounts import account_events, sign_in_sessions
from accounts.mailed_links import void_outstanding
from accounts.passwords import hash_password
from accounts.schemas import PasswordReset
from accounts.sign_in_limits import Attempt, by_address

app = one_route_app(Action("reset password", "resetting password"), by_address, retry_conflicts=False)

PURPOSES = (Purpose.RECOVERY, Purpose.INVITATION)


@app.post("/api/v1/auth/password/reset", status_code=204)
async def reset_password(request: Request, body: PasswordReset, db: WriteSession) -> None:
    find(db, body.token, *PURPOSES)
    db.rollback()  # nothing is held while the password is hashed
    new_hash = hash_password(body.new_password)
    spent = spend(db, body.token, *PURPOSES)
    user = spent.user
    if email_key(spent.email) != user.email_key:
        raise InvalidMailToken
    sign_in_sessions.end_all_sessions(db, user.id)
    Attempt(request).change_password(db, user.id)
    void_outstanding(db, user.id)
    account_events.record(db, request, "password_reset", user.id, by=user.id)
    if spent.purpose is Purpose.RECOVERY:
        enqueue(db, "password_reset", user.id)
    user.password_hash, user.verified_email_key, user.pending_email = new_hash, user.email_key, None


handler = lambda_handler(app)
