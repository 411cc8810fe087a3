"""GET /api/v1/books: list books, newest first."""

from typing import Annotated

from shared.database import PageQuery, PublicSession, Rows
from shared.http import QueryId, lambda_handler, one_route_app
from shared.models.library import Book, book_categories

from fastapi import Query
from sqlalchemy import func, select

from library.queries import books_of
from library.schemas import BookOut, Isbn

app = one_route_app(has_etag=False)


@app.get("/api/v1/books", response_model=list[BookOut])
async def list_books(
    db: PublicSession,
    page: PageQuery,
    author_id: QueryId = None,
    category_id: QueryId = None,
    isbn: Annotated[Isbn | None, Query()] = None,
) -> Rows:
    found, key = select(Book.id), Book.id.expression
    if author_id is not None:
        found = found.where(Book.author_id == author_id)
    if isbn is not None:
        # Two books that shared an ISBN before it was unique by its key: the second's key is what it shows.
        found = found.where(Book.isbn_key.in_([func.isbn_key(isbn), isbn]))
    if category_id is not None:
        links = book_categories.c
        linked = select(links.book_id.label("id")).where(links.category_id == category_id)
        if author_id is None and isbn is None:
            found, key = linked, links.book_id  # a page starts, and ends, in the index of the links
        else:
            found = found.where(Book.id.in_(linked))
    return page.fetch(db, found, key=[key], expand=books_of)


handler = lambda_handler(app)
