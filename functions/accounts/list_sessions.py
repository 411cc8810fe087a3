"""GET /api/v1/users/me/sessions: list one's own sessions, latest use first."""

from shared.database import PageQuery, ReadSession, Rows
from shared.http import lambda_handler, one_route_app
from shared.identity.callers import CurrentUser
from shared.models.sign_in import RefreshFamily

from accounts import sign_in_sessions
from accounts.schemas import SessionOut

app = one_route_app(has_etag=False)


@app.get("/api/v1/users/me/sessions", response_model=list[SessionOut])
async def list_sessions(caller: CurrentUser, db: ReadSession, page: PageQuery) -> Rows:
    sessions = sign_in_sessions.select_live(caller.id, current=caller.session_id)
    return page.fetch(db, sessions, key=[RefreshFamily.last_used_at, RefreshFamily.id])


handler = lambda_handler(app)
