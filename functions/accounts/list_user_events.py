"""GET /api/v1/users/{id}/events: list the events of a user's account, newest first, for admins."""

from shared.database import PageQuery, ReadSession, Rows, get_or_404
from shared.http import PathId, lambda_handler, one_route_app
from shared.identity.callers import Admin
from shared.models.account_events import AccountEvent

from accounts.account_events import select_events
from accounts.queries import select_person
from accounts.schemas import AccountEventOut

app = one_route_app(has_etag=False)


@app.get("/api/v1/users/{id}/events", response_model=list[AccountEventOut])
async def list_user_events(user_id: PathId, caller: Admin, db: ReadSession, page: PageQuery) -> Rows:
    events = page.fetch(db, select_events(user_id), key=[AccountEvent.id])
    if not events:  # they outlive the user
        get_or_404(db, select_person(user_id))
    return events


handler = lambda_handler(app)
