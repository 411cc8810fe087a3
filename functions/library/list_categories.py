"""GET /api/v1/categories: list categories, newest first."""

from shared.database import PageQuery, PublicSession
from shared.http import lambda_handler, one_route_app
from shared.models.library import Category

from sqlalchemy import select

from library.schemas import CategoryOut

app = one_route_app(has_etag=False)


@app.get("/api/v1/categories", response_model=list[CategoryOut])
async def list_categories(db: PublicSession, page: PageQuery) -> list[Category]:
    return page.fetch(db, select(Category), key=[Category.id])


handler = lambda_handler(app)
