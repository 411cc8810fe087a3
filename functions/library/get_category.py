"""GET /api/v1/categories/{id}: read a category."""

from shared.database import PublicSession
from shared.http import PathId, lambda_handler, one_route_app

from library.queries import find_category
from library.schemas import CategoryOut

app = one_route_app()


@app.get("/api/v1/categories/{id}", response_model=CategoryOut)
async def get_category(category_id: PathId, db: PublicSession) -> CategoryOut:
    return await find_category(category_id, db=db)


handler = lambda_handler(app)
