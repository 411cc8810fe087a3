"""GET /api/v1/books/{id}/reviews: list a book's reviews, newest first."""

from shared.database import PageQuery, PublicSession, get_or_404
from shared.http import PathId, lambda_handler, one_route_app
from shared.models.library import Book, Review

from sqlalchemy import select

from library.schemas import ReviewOut

app = one_route_app(has_etag=False)


@app.get("/api/v1/books/{id}/reviews", response_model=list[ReviewOut])
async def list_reviews(book_id: PathId, db: PublicSession, page: PageQuery) -> list[Review]:
    get_or_404(db, select(Book).where(Book.id == book_id))
    return page.fetch(db, select(Review).where(Review.book_id == book_id), key=[Review.id])


handler = lambda_handler(app)
