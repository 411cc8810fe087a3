"""POST /api/v1/items: create an item."""

from shared.database import WriteSession
from shared.http import lambda_handler, one_route_app
from shared.idempotency import Idempotent
from shared.identity.callers import CurrentUser
from shared.models.items import Item

from fastapi import Response

from items.schemas import ItemCreate, ItemOut

app = one_route_app()


@app.post("/api/v1/items", status_code=201, response_model=ItemOut, dependencies=[Idempotent])
async def create_item(body: ItemCreate, caller: CurrentUser, db: WriteSession, response: Response) -> Item:
    item = Item(name=body.name, description=body.description or "")
    db.add(item)
    db.flush()
    response.headers["Location"] = f"/api/v1/items/{item.id}"
    return item


handler = lambda_handler(app)
