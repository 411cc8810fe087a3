"""POST /api/v1/auth/register: make a user."""

from shared.database import WriteSession
from shared.http import etag, lambda_handler, one_route_app
from shared.identity.users import email_key, name_key
from shared.models.users import User

from fastapi import Request, Response

from accounts.passwords import hash_password
from accounts.queries import read_profile, refuse_imported_name
from accounts.registration import ClaimedRegistration
from accounts.schemas import UserOut
from accounts.sign_in_limits import Attempt, by_address

app = one_route_app(limit=by_address, retry_conflicts=False)


@app.post("/api/v1/auth/register", status_code=201, response_model=UserOut)
async def register(request: Request, body: ClaimedRegistration, db: WriteSession, response: Response) -> User:
    refuse_imported_name(db, body.email)
    user = User(
        username=body.username,
        username_key=name_key(body.username),
        name=body.name,
        email=body.email,
        email_key=email_key(body.email),
        password_hash=hash_password(body.password),
    )
    db.add(user)
    db.flush()
    Attempt(request).succeed(db, user.id)
    response.headers["Location"] = f"/api/v1/users/{user.id}"
    response.headers["ETag"] = etag(read_profile(db, user.id))
    return user


handler = lambda_handler(app)
