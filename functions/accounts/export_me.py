"""GET /api/v1/users/me/export: export everything of one's own.

The kinds come in descending order, and each one's newest rows first.
"""

from shared.database import PageQuery, ReadSession, Rows
from shared.http import lambda_handler, one_route_app
from shared.identity.callers import CurrentUser

from sqlalchemy import select

from accounts.exports import KEY, select_export
from accounts.schemas import ExportedOut

app = one_route_app(has_etag=False)


@app.get("/api/v1/users/me/export", response_model=list[ExportedOut])
async def export_me(caller: CurrentUser, db: ReadSession, page: PageQuery) -> Rows:
    exported = select_export(caller.id, page).c
    key = [exported[each.name] for each in KEY]
    return page.fetch(db, select(exported.kind, exported.data), key=key)


handler = lambda_handler(app)
