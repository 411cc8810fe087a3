"""GET /api/v1/books/{id}: read a book."""

from shared.database import ReadSession
from shared.http import IfNoneMatch, NotFound, PathId, lambda_handler, one_route_app, representation
from shared.models.library import Book

from starlette.responses import Response

from library.queries import select_books
from library.schemas import BookOut

app = one_route_app()


@app.get("/api/v1/books/{id}", response_model=BookOut)
async def get_book(book_id: PathId, db: ReadSession, if_none_match: IfNoneMatch = None) -> Response:
    book = db.execute(select_books().where(Book.id == book_id)).one_or_none()
    if book is None:
        raise NotFound("book")
    return representation(BookOut.model_validate(book), if_none_match=if_none_match)


handler = lambda_handler(app)
