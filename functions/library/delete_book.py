"""DELETE /api/v1/books/{id}: delete a book and its reviews."""

from shared.database import WriteSession, get_or_404, invalidate
from shared.http import PathId, Preconditions, lambda_handler, one_route_app
from shared.identity.callers import CurrentUser
from shared.models.library import Book

from sqlalchemy import select

from library.queries import find_book, read_book
from library.schemas import BookOut

app = one_route_app()


@app.delete("/api/v1/books/{id}", response_model=BookOut)
async def delete_book(
    book_id: PathId, caller: CurrentUser, db: WriteSession, preconditions: Preconditions
) -> BookOut:
    book = get_or_404(db, select(Book).where(Book.id == book_id).with_for_update())
    deleted = read_book(db, book_id)
    preconditions.check(deleted)
    invalidate(db, find_book.key(book_id))
    db.delete(book)
    return deleted


handler = lambda_handler(app)
