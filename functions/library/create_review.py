"""POST /api/v1/books/{id}/reviews: review a book, once."""

from shared.database import WriteSession, invalidate
from shared.http import PathId, lambda_handler, one_route_app
from shared.idempotency import Idempotent
from shared.identity.callers import CurrentUser
from shared.models.library import Review

from fastapi import Response

from library.queries import find_book
from library.schemas import ReviewCreate, ReviewOut

app = one_route_app()


@app.post("/api/v1/books/{id}/reviews", status_code=201, response_model=ReviewOut, dependencies=[Idempotent])
async def create_review(
    book_id: PathId, body: ReviewCreate, caller: CurrentUser, db: WriteSession, response: Response
) -> Review:
    review = Review(book_id=book_id, user_id=caller.id, rating=body.rating, body=body.body)
    db.add(review)
    invalidate(db, find_book.key(book_id))
    db.flush()
    response.headers["Location"] = f"/api/v1/reviews/{review.id}"
    return review


handler = lambda_handler(app)
