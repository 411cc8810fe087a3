"""GET /api/v1/books: list books, newest first."""

from typing import Annotated

from shared.database import ReadSession
from shared.database.pages import PageQuery
from shared.http import QueryId, lambda_handler, one_route_app
from shared.models.library import Book, book_categories

from fastapi import Query
from starlette.responses import Response

from library.queries import select_books
from library.schemas import BookOut, Isbn

app = one_route_app()


@app.get("/api/v1/books", response_model=list[BookOut])
async def list_books(
    db: ReadSession,
    page: PageQuery,
    author_id: QueryId = None,
    category_id: QueryId = None,
    isbn: Annotated[Isbn | None, Query()] = None,
) -> Response:
    books, key = select_books(), Book.id.expression
    if author_id is not None:
        books = books.where(Book.author_id == author_id)
    if category_id is not None:
        linked = book_categories.alias()  # not the ones that are shown
        books = books.join(linked, (linked.c.book_id == Book.id) & (linked.c.category_id == category_id))
        key = linked.c.book_id  # so that a page starts in the index of the links
    if isbn is not None:
        books = books.where(Book.isbn == isbn)
    return page.of(db, books, BookOut, key=[key])


handler = lambda_handler(app)
