"""POST /api/v1/auth/email/undo: restore an earlier e-mail address by a mailed token.

All sessions end, the password no longer works, and a mail to the restored address lets its owner set one.

The route exists only if the deployment sends mail.

Errors: invalid_mail_token, email_exists.
"""

from shared.database import WriteSession
from shared.http import lambda_handler, one_route_app
from shared.identity.mail_tokens import Purpose, spend

from fastapi import Request

from accounts import account_events
from accounts.address_changes import restore_address
from accounts.schemas import MailedToken
from accounts.sign_in_limits import by_address

app = one_route_app(limit=by_address, retry_conflicts=False)


@app.post("/api/v1/auth/email/undo", status_code=204)
async def undo_email_change(request: Request, body: MailedToken, db: WriteSession) -> None:
    spent = spend(db, body.token, Purpose.UNDO)
    restore_address(db, spent)
    account_events.record(db, request, "email_restored", spent.user.id, by=spent.user.id)


handler = lambda_handler(app)
