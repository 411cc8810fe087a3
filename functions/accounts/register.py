"""POST /api/v1/auth/register: make a user.

Errors: registration_closed.
"""

from shared.database import WriteSession
from shared.http import lambda_handler, one_route_app
from shared.models.users import User

from fastapi import Request, Response

from accounts.mailed_links import notify
from accounts.new_users import add_user
from accounts.passwords import hash_password
from accounts.registration import ClaimedRegistration
from accounts.schemas import UserOut
from accounts.sign_in_limits import Attempt, by_address

app = one_route_app(limit=by_address, retry_conflicts=False)


@app.post("/api/v1/auth/register", status_code=201, response_model=UserOut)
async def register(request: Request, body: ClaimedRegistration, db: WriteSession, response: Response) -> User:
    user = add_user(db, response, body, password_hash=hash_password(body.password))
    Attempt(request).succeed(db, user.id)
    notify(db, "verification", user.id)
    return user


handler = lambda_handler(app)
