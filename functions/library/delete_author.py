"""DELETE /api/v1/authors/{id}: delete an author; its books stay."""

from shared.database import WriteSession, get_or_404
from shared.http import PathId, Preconditions, lambda_handler, one_route_app
from shared.identity.callers import CurrentUser
from shared.models.library import Author, Book

from sqlalchemy import select

from library.queries import invalidate_books
from library.schemas import AuthorOut

app = one_route_app()


@app.delete("/api/v1/authors/{id}", response_model=AuthorOut)
async def delete_author(
    author_id: PathId, caller: CurrentUser, db: WriteSession, preconditions: Preconditions
) -> Author:
    author = get_or_404(db, select(Author).where(Author.id == author_id).with_for_update())
    preconditions.check(author)
    invalidate_books(db, select(Book.id).where(Book.author_id == author_id))
    db.delete(author)
    return author


handler = lambda_handler(app)
