"""DELETE /api/v1/users/{id}: delete a user, for admins.

Errors: last_admin.
"""

from shared.database import WriteSession
from shared.http import NotFound, PathId, lambda_handler, one_route_app
from shared.identity.callers import Admin

from fastapi import Request

from accounts.deletion import delete_account, lock_account

app = one_route_app()


@app.delete("/api/v1/users/{id}", status_code=204)
async def delete_user(request: Request, user_id: PathId, caller: Admin, db: WriteSession) -> None:
    user = lock_account(db, user_id)
    if user is None:
        raise NotFound("user")
    delete_account(db, request, user, by=caller.id)


handler = lambda_handler(app)
