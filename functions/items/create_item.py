"""POST /api/v1/items: create an item."""

from starlette.responses import Response

from items.schemas import ItemCreate, ItemOut
from shared.auth import CurrentUser
from shared.database import WriteSession
from shared.idempotency import OncePerKey
from shared.lambdas import lambda_handler, one_route_app
from shared.models import Item
from shared.responses import shown

app = one_route_app()


@app.post("/api/v1/items", status_code=201, response_model=ItemOut)
async def create_item(body: ItemCreate, caller: CurrentUser, db: WriteSession, once: OncePerKey) -> Response:
    item = Item(name=body.name, description=body.description or "")
    db.add(item)
    db.flush()
    return once.keep(shown(ItemOut.model_validate(item), status=201, location=f"/api/v1/items/{item.id}"))


handler = lambda_handler(app)
