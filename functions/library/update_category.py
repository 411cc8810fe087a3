"""PUT /api/v1/categories/{id}: update a category."""

from shared.database import WriteSession, get_or_404, invalidate
from shared.http import PathId, Preconditions, lambda_handler, one_route_app
from shared.identity.callers import CurrentUser
from shared.models.library import Category

from sqlalchemy import select

from library.queries import find_category
from library.schemas import CategoryOut, CategoryUpdate

app = one_route_app()


@app.put("/api/v1/categories/{id}", response_model=CategoryOut)
async def update_category(
    category_id: PathId,
    body: CategoryUpdate,
    caller: CurrentUser,
    db: WriteSession,
    preconditions: Preconditions,
) -> Category:
    category = get_or_404(db, select(Category).where(Category.id == category_id).with_for_update())
    preconditions.check(category)
    invalidate(db, find_category.key(category_id))
    if body.name is not None:
        category.name = body.name
    return category


handler = lambda_handler(app)
