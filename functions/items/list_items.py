"""GET /api/v1/items: list items, newest first."""

from shared.database import PageQuery, ReadSession
from shared.http import lambda_handler, one_route_app
from shared.identity.callers import CurrentUser
from shared.models.items import Item

from sqlalchemy import select

from items.schemas import ItemOut

app = one_route_app(has_etag=False)


@app.get("/api/v1/items", response_model=list[ItemOut])
async def list_items(caller: CurrentUser, db: ReadSession, page: PageQuery) -> list[Item]:
    return page.fetch(db, select(Item), key=[Item.id])


handler = lambda_handler(app)
