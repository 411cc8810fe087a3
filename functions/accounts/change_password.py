"""PUT /api/v1/users/me/password: change one's password and end every session.

Errors: invalid_credentials.
"""

from shared.database import WriteSession, get_or_404
from shared.http import lambda_handler, one_route_app
from shared.identity.callers import CurrentUser
from shared.models.users import User
from shared.runtime.observability import count

from sqlalchemy import select

from accounts import passwords, sign_in_sessions
from accounts.errors import InvalidCredentials
from accounts.schemas import PasswordChange

app = one_route_app()


@app.put("/api/v1/users/me/password", status_code=204)
async def change_password(body: PasswordChange, caller: CurrentUser, db: WriteSession) -> None:
    user = get_or_404(db, select(User).where(User.id == caller.id).with_for_update(key_share=True))
    if not passwords.verify(body.current_password, user.password_hash):
        count("SignInFailure")
        raise InvalidCredentials
    sign_in_sessions.revoke_all(db, user.id)
    user.password_hash = passwords.hash_password(body.new_password)


handler = lambda_handler(app)
