"""POST /api/v1/categories: create a category."""

from shared.database import WriteSession
from shared.http import lambda_handler, one_route_app
from shared.idempotency import Idempotent
from shared.identity.callers import CurrentUser
from shared.models.library import Category

from fastapi import Response

from library.schemas import CategoryCreate, CategoryOut

app = one_route_app()


@app.post("/api/v1/categories", status_code=201, response_model=CategoryOut, dependencies=[Idempotent])
async def create_category(
    body: CategoryCreate, caller: CurrentUser, db: WriteSession, response: Response
) -> Category:
    category = Category(name=body.name)
    db.add(category)
    db.flush()
    response.headers["Location"] = f"/api/v1/categories/{category.id}"
    return category


handler = lambda_handler(app)
