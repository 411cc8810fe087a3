"""POST /api/v1/items: create an item."""

from shared.database import WriteSession
from shared.http import lambda_handler, one_route_app, representation
from shared.idempotency import IdempotencyGuard
from shared.identity.callers import CurrentUser
from shared.models.items import Item

from starlette.responses import Response

from items.schemas import ItemCreate, ItemOut

app = one_route_app()


@app.post("/api/v1/items", status_code=201, response_model=ItemOut)
async def create_item(
    body: ItemCreate, caller: CurrentUser, db: WriteSession, guard: IdempotencyGuard
) -> Response:
    item = Item(name=body.name, description=body.description or "")
    db.add(item)
    db.flush()
    return guard.store(
        representation(ItemOut.model_validate(item), status=201, location=f"/api/v1/items/{item.id}")
    )


handler = lambda_handler(app)
