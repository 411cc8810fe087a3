"""PUT /api/v1/items/{id}: update an item."""

from shared.database import WriteSession, get_or_404
from shared.http import PathId, Preconditions, lambda_handler, one_route_app
from shared.identity.callers import CurrentUser
from shared.models.items import Item

from sqlalchemy import select

from items.schemas import ItemOut, ItemUpdate

app = one_route_app()


@app.put("/api/v1/items/{id}", response_model=ItemOut)
async def update_item(
    item_id: PathId, body: ItemUpdate, caller: CurrentUser, db: WriteSession, preconditions: Preconditions
) -> Item:
    item = get_or_404(db, select(Item).where(Item.id == item_id).with_for_update())
    preconditions.check(item)
    if body.name is not None:
        item.name = body.name
    if body.description is not None:
        item.description = body.description
    return item


handler = lambda_handler(app)
