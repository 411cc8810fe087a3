"""GET /api/v1/authors/{id}: read an author."""

from shared.database import PublicSession, get_or_404
from shared.http import IfNoneMatch, PathId, lambda_handler, one_route_app, representation
from shared.models.library import Author

from sqlalchemy import select
from starlette.responses import Response

from library.schemas import AuthorOut

app = one_route_app()


@app.get("/api/v1/authors/{id}", response_model=AuthorOut)
async def get_author(author_id: PathId, db: PublicSession, if_none_match: IfNoneMatch = None) -> Response:
    author = get_or_404(db, select(Author).where(Author.id == author_id))
    return representation(AuthorOut.model_validate(author), if_none_match=if_none_match)


handler = lambda_handler(app)
