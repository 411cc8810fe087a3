"""DELETE /api/v1/users/me/sessions: end all of one's own sessions but the caller's."""

from shared.database import WriteSession
from shared.http import lambda_handler, one_route_app
from shared.identity.callers import CurrentUser

from fastapi import Request

from accounts import account_events, sign_in_sessions

app = one_route_app()


@app.delete("/api/v1/users/me/sessions", status_code=204)
async def end_other_sessions(request: Request, caller: CurrentUser, db: WriteSession) -> None:
    if sign_in_sessions.end_other_sessions(db, caller.id, caller.session_id):
        account_events.record(db, request, "session_ended", caller.id, by=caller.id)


handler = lambda_handler(app)
