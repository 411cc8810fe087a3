"""POST /api/v1/books: create a book."""

from shared.database import WriteSession
from shared.http import lambda_handler, one_route_app
from shared.idempotency import Idempotent
from shared.identity.callers import CurrentUser
from shared.models.library import Book

from fastapi import Response

from library.queries import add_categories, new_book
from library.schemas import BookCreate, BookOut

app = one_route_app()


@app.post("/api/v1/books", status_code=201, response_model=BookOut, dependencies=[Idempotent])
async def create_book(body: BookCreate, caller: CurrentUser, db: WriteSession, response: Response) -> BookOut:
    book = Book(
        title=body.title,
        author=body.author,
        isbn=body.isbn,
        published_date=body.published_date,
        description=body.description,
        author_id=body.author_id,
    )
    db.add(book)
    db.flush()
    add_categories(db, book.id, body.category_ids)
    response.headers["Location"] = f"/api/v1/books/{book.id}"
    return new_book(book.id, body)


handler = lambda_handler(app)
