"""GET /api/v1/users/me/events: list the events of one's own account, newest first."""

from shared.database import PageQuery, ReadSession, Rows
from shared.http import lambda_handler, one_route_app
from shared.identity.callers import CurrentUser
from shared.models.account_events import AccountEvent

from accounts.account_events import select_events
from accounts.schemas import AccountEventOut

app = one_route_app(has_etag=False)


@app.get("/api/v1/users/me/events", response_model=list[AccountEventOut])
async def list_my_events(caller: CurrentUser, db: ReadSession, page: PageQuery) -> Rows:
    return page.fetch(db, select_events(caller.id), key=[AccountEvent.id])


handler = lambda_handler(app)
