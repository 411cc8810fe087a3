"""POST /api/v1/auth/login: a token pair for a password."""

from typing import Annotated

from fastapi import Depends
from sqlalchemy import select
from starlette.responses import Response

from accounts import passwords, sessions
from accounts.credentials import Credentials, read_credentials
from accounts.errors import InvalidCredentials
from accounts.schemas import TokenPair
from shared.database import WriteSession
from shared.http import Action, UserInactive, lambda_handler, one_route_app
from shared.models.users import User
from shared.observability import count

app = one_route_app(Action("log in", "logging in"))


@app.post("/api/v1/auth/login", response_model=TokenPair)
async def login(given: Annotated[Credentials, Depends(read_credentials)], db: WriteSession) -> Response:
    key = User.email_key if "@" in given.name else User.username_key
    user = db.scalars(select(User).where(key == given.key)).one_or_none()
    if not passwords.verify(given.password, user.password_hash if user else None) or user is None:
        count("SignInFailure")
        raise InvalidCredentials
    if not user.is_active:
        raise UserInactive
    assert user.password_hash is not None
    if passwords.needs_rehash(user.password_hash):
        user.password_hash = passwords.hash_password(given.password)
    return sessions.shown_pair(sessions.start(db, user))


handler = lambda_handler(app)
