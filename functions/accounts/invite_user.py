"""POST /api/v1/users: invite a user, for admins.

The user has no password until the link in the mail sets one.

The route exists only if the deployment sends mail.
"""

from shared.database import WriteSession
from shared.http import lambda_handler, one_route_app
from shared.idempotency import Idempotent
from shared.identity.callers import Admin
from shared.jobs import enqueue
from shared.models.users import User

from fastapi import Request, Response

from accounts import account_events
from accounts.new_users import add_user
from accounts.schemas import Invitation, UserOut

app = one_route_app()


@app.post("/api/v1/users", status_code=201, response_model=UserOut, dependencies=[Idempotent])
async def invite_user(
    request: Request, body: Invitation, caller: Admin, db: WriteSession, response: Response
) -> User:
    user = add_user(db, response, body, role=body.role or "user")
    enqueue(db, "invitation", user.id)
    account_events.record(db, request, "invited", user.id, by=caller.id)
    return user


handler = lambda_handler(app)
