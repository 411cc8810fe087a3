"""DELETE /api/v1/books/{id}: delete a book and its reviews."""

from shared.database import WriteSession, get_or_404, invalidate
from shared.http import IfMatch, PathId, lambda_handler, one_route_app, representation, require_match
from shared.identity.callers import CurrentUser
from shared.models.library import Book

from sqlalchemy import select
from starlette.responses import Response

from library.queries import find_book, read_book
from library.schemas import BookOut

app = one_route_app()


@app.delete("/api/v1/books/{id}", response_model=BookOut)
async def delete_book(
    book_id: PathId, caller: CurrentUser, db: WriteSession, if_match: IfMatch = None
) -> Response:
    book = get_or_404(db, select(Book).where(Book.id == book_id).with_for_update())
    deleted = read_book(db, book_id)
    require_match(deleted, if_match)
    invalidate(db, find_book.key(book_id))
    db.delete(book)
    return representation(deleted)


handler = lambda_handler(app)
