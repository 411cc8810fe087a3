"""POST /api/v1/auth/email/verify: verify an e-mail address by a mailed token.

A pending address becomes the account's address.

The route exists only if the deployment sends mail.

Errors: invalid_mail_token, email_exists.
"""

from shared.database import WriteSession
from shared.http import Action, lambda_handler, one_route_app
from shared.identity.mail_tokens import Purpose, spend

from fastapi import Request

from accounts import account_events
from accounts.address_changes import verify_address
from accounts.schemas import MailedToken
from accounts.sign_in_limits import by_address

app = one_route_app(
    Action("verify e-mail address", "verifying e-mail address"), limit=by_address, retry_conflicts=False
)


@app.post("/api/v1/auth/email/verify", status_code=204)
async def verify_email(request: Request, body: MailedToken, db: WriteSession) -> None:
    spent = spend(db, body.token, Purpose.VERIFICATION)
    kind = verify_address(db, spent)
    account_events.record(db, request, kind, spent.user.id, by=spent.user.id)


handler = lambda_handler(app)
