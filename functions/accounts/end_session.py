"""DELETE /api/v1/users/me/sessions/{id}: end one of one's own sessions."""

from shared.database import WriteSession
from shared.http import NotFound, PathId, lambda_handler, one_route_app
from shared.identity.callers import CurrentUser

from fastapi import Request

from accounts import account_events, sign_in_sessions

app = one_route_app()


@app.delete("/api/v1/users/me/sessions/{id}", status_code=204)
async def end_session(session_id: PathId, request: Request, caller: CurrentUser, db: WriteSession) -> None:
    if not sign_in_sessions.end_session(db, caller.id, session_id):
        raise NotFound("session")
    account_events.record(db, request, "session_ended", caller.id, by=caller.id)


handler = lambda_handler(app)
