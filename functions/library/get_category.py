"""GET /api/v1/categories/{id}: read a category."""

from shared.database import PublicSession
from shared.http import IfNoneMatch, PathId, lambda_handler, one_route_app, representation

from starlette.responses import Response

from library.queries import find_category
from library.schemas import CategoryOut

app = one_route_app()


@app.get("/api/v1/categories/{id}", response_model=CategoryOut)
async def get_category(category_id: PathId, db: PublicSession, if_none_match: IfNoneMatch = None) -> Response:
    return representation(await find_category(category_id, db=db), if_none_match=if_none_match)


handler = lambda_handler(app)
