"""GET /api/v1/items/{id}: read an item."""

from shared.database import ReadSession, get_or_404
from shared.http import PathId, lambda_handler, one_route_app
from shared.identity.callers import CurrentUser
from shared.models.items import Item

from sqlalchemy import select

from items.schemas import ItemOut

app = one_route_app()


@app.get("/api/v1/items/{id}", response_model=ItemOut)
async def get_item(item_id: PathId, caller: CurrentUser, db: ReadSession) -> Item:
    return get_or_404(db, select(Item).where(Item.id == item_id))


handler = lambda_handler(app)
