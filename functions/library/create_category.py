"""POST /api/v1/categories: create a category."""

from shared.database import WriteSession
from shared.http import lambda_handler, one_route_app, representation
from shared.idempotency import IdempotencyGuard
from shared.identity.callers import CurrentUser
from shared.models.library import Category

from starlette.responses import Response

from library.schemas import CategoryCreate, CategoryOut

app = one_route_app()


@app.post("/api/v1/categories", status_code=201, response_model=CategoryOut)
async def create_category(
    body: CategoryCreate, caller: CurrentUser, db: WriteSession, guard: IdempotencyGuard
) -> Response:
    category = Category(name=body.name)
    db.add(category)
    db.flush()
    created = CategoryOut.model_validate(category)
    return guard.store(representation(created, status=201, location=f"/api/v1/categories/{category.id}"))


handler = lambda_handler(app)
