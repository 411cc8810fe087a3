"""POST /api/v1/auth/email/verification: mail a link that verifies an account's e-mail address.

The answer is the same for every address.

The route exists only if the deployment sends mail.
"""

from shared.database import WriteSession
from shared.http import lambda_handler, one_route_app
from shared.jobs import enqueue

from accounts.schemas import Accepted, MailRequest
from accounts.sign_in_limits import by_address

app = one_route_app(limit=by_address, has_etag=False, retry_conflicts=False)


@app.post("/api/v1/auth/email/verification", status_code=202, response_model=Accepted)
async def send_verification(body: MailRequest, db: WriteSession) -> Accepted:
    enqueue(db, "verification", email=body.email)
    return Accepted()


handler = lambda_handler(app)
