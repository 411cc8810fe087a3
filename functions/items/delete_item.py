"""DELETE /api/v1/items/{id}: delete an item."""

from shared.database import WriteSession, get_or_404
from shared.http import IfMatch, PathId, lambda_handler, one_route_app, representation, require_match
from shared.identity.callers import CurrentUser
from shared.models.items import Item

from sqlalchemy import select
from starlette.responses import Response

from items.schemas import ItemOut

app = one_route_app()


@app.delete("/api/v1/items/{id}", response_model=ItemOut)
async def delete_item(
    item_id: PathId, caller: CurrentUser, db: WriteSession, if_match: IfMatch = None
) -> Response:
    item = get_or_404(db, select(Item).where(Item.id == item_id).with_for_update())
    deleted = ItemOut.model_validate(item)
    require_match(deleted, if_match)
    db.delete(item)
    return representation(deleted)


handler = lambda_handler(app)
