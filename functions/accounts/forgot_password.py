"""POST /api/v1/auth/password/forgot: mail a link that sets a new password.

The answer is the same for every address.

The route exists only if the deployment sends mail.
"""

from shared.database import WriteSession
from shared.http import Action, lambda_handler, one_route_app
from shared.jobs import enqueue

from accounts.schemas import Accepted, MailRequest
from accounts.sign_in_limits import by_address

app = one_route_app(
    Action("request password reset", "requesting password reset"),
    limit=by_address,
    has_etag=False,
    retry_conflicts=False,
)


@app.post("/api/v1/auth/password/forgot", status_code=202, response_model=Accepted)
async def forgot_password(body: MailRequest, db: WriteSession) -> Accepted:
    # The route looks nothing up, so neither the answer nor its time reveals whether the address is known.
    enqueue(db, "recovery", email=body.email)
    return Accepted()


handler = lambda_handler(app)
