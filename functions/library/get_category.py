"""GET /api/v1/categories/{id}: read a category."""

from shared.database import ReadSession, get_or_404
from shared.http import IfNoneMatch, PathId, lambda_handler, one_route_app, representation
from shared.models.library import Category

from sqlalchemy import select
from starlette.responses import Response

from library.schemas import CategoryOut

app = one_route_app()


@app.get("/api/v1/categories/{id}", response_model=CategoryOut)
async def get_category(category_id: PathId, db: ReadSession, if_none_match: IfNoneMatch = None) -> Response:
    category = get_or_404(db, select(Category).where(Category.id == category_id))
    return representation(CategoryOut.model_validate(category), if_none_match=if_none_match)


handler = lambda_handler(app)
