"""PUT /api/v1/books/{id}: update a book."""

from shared.database import WriteSession, get_or_404, invalidate
from shared.http import PathId, Preconditions, lambda_handler, one_route_app
from shared.identity.callers import CurrentUser
from shared.models.library import Book

from sqlalchemy import select

from library.queries import find_book, read_book, set_categories
from library.schemas import BookOut, BookUpdate

app = one_route_app()


@app.put("/api/v1/books/{id}", response_model=BookOut)
async def update_book(
    book_id: PathId, body: BookUpdate, caller: CurrentUser, db: WriteSession, preconditions: Preconditions
) -> BookOut:
    # FOR UPDATE also has a review that comes in now wait: its foreign key locks the book.
    book = get_or_404(db, select(Book).where(Book.id == book_id).with_for_update())
    preconditions.check(lambda: read_book(db, book_id))
    invalidate(db, find_book.key(book_id))
    if body.title is not None:
        book.title = body.title
    if body.author is not None:
        book.author = body.author
    if body.isbn is not None:
        book.isbn = body.isbn
    if body.published_date is not None:
        book.published_date = body.published_date
    if "description" in body.model_fields_set:
        book.description = body.description
    if "author_id" in body.model_fields_set:
        book.author_id = body.author_id
    if body.category_ids is not None:
        set_categories(db, book_id, body.category_ids)
    return read_book(db, book_id)


handler = lambda_handler(app)
