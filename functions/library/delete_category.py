"""DELETE /api/v1/categories/{id}: delete a category; its books stay, unlinked."""

from shared.database import WriteSession, get_or_404, invalidate
from shared.http import PathId, Preconditions, lambda_handler, one_route_app
from shared.identity.callers import CurrentUser
from shared.models.library import Category, book_categories

from sqlalchemy import select

from library.queries import find_category, invalidate_books
from library.schemas import CategoryOut

app = one_route_app()


@app.delete("/api/v1/categories/{id}", response_model=CategoryOut)
async def delete_category(
    category_id: PathId, caller: CurrentUser, db: WriteSession, preconditions: Preconditions
) -> Category:
    category = get_or_404(db, select(Category).where(Category.id == category_id).with_for_update())
    preconditions.check(category)
    invalidate(db, find_category.key(category_id))
    linked = book_categories.c
    invalidate_books(db, select(linked.book_id).where(linked.category_id == category_id))
    db.delete(category)
    return category


handler = lambda_handler(app)
