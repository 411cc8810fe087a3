"""GET /api/v1/authors/{id}: read an author."""

from shared.database import PublicSession, get_or_404
from shared.http import PathId, lambda_handler, one_route_app
from shared.models.library import Author

from sqlalchemy import select

from library.schemas import AuthorOut

app = one_route_app()


@app.get("/api/v1/authors/{id}", response_model=AuthorOut)
async def get_author(author_id: PathId, db: PublicSession) -> Author:
    return get_or_404(db, select(Author).where(Author.id == author_id))


handler = lambda_handler(app)
