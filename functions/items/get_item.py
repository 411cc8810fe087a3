"""GET /api/v1/items/{id}: read an item."""

from shared.database import ReadSession, get_or_404
from shared.http import IfNoneMatch, PathId, lambda_handler, one_route_app, representation
from shared.identity.callers import CurrentUser
from shared.models.items import Item

from sqlalchemy import select
from starlette.responses import Response

from items.schemas import ItemOut

app = one_route_app()


@app.get("/api/v1/items/{id}", response_model=ItemOut)
async def get_item(
    item_id: PathId, caller: CurrentUser, db: ReadSession, if_none_match: IfNoneMatch = None
) -> Response:
    item = get_or_404(db, select(Item).where(Item.id == item_id))
    return representation(ItemOut.model_validate(item), if_none_match=if_none_match)


handler = lambda_handler(app)
