"""DELETE /api/v1/items/{id}: delete an item."""

from shared.database import WriteSession, get_or_404
from shared.http import PathId, Preconditions, lambda_handler, one_route_app
from shared.identity.callers import CurrentUser
from shared.models.items import Item

from sqlalchemy import select

from items.schemas import ItemOut

app = one_route_app()


@app.delete("/api/v1/items/{id}", response_model=ItemOut)
async def delete_item(
    item_id: PathId, caller: CurrentUser, db: WriteSession, preconditions: Preconditions
) -> Item:
    item = get_or_404(db, select(Item).where(Item.id == item_id).with_for_update())
    preconditions.check(item)
    db.delete(item)
    return item


handler = lambda_handler(app)
