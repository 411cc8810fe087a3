"""GET /api/v1/authors: list authors, newest first."""

from shared.database import PageQuery, PublicSession
from shared.http import lambda_handler, one_route_app
from shared.models.library import Author

from sqlalchemy import select

from library.schemas import AuthorOut

app = one_route_app(has_etag=False)


@app.get("/api/v1/authors", response_model=list[AuthorOut])
async def list_authors(db: PublicSession, page: PageQuery) -> list[Author]:
    return page.fetch(db, select(Author), key=[Author.id])


handler = lambda_handler(app)
