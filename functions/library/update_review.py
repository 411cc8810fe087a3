"""PUT /api/v1/reviews/{id}: change one's own review.

Errors: forbidden.
"""

from shared.database import WriteSession, get_or_404, invalidate
from shared.http import Forbidden, PathId, Preconditions, lambda_handler, one_route_app
from shared.identity.callers import CurrentUser
from shared.models.library import Review

from sqlalchemy import select

from library.queries import find_book
from library.schemas import ReviewOut, ReviewUpdate

app = one_route_app()


@app.put("/api/v1/reviews/{id}", response_model=ReviewOut)
async def update_review(
    review_id: PathId, body: ReviewUpdate, caller: CurrentUser, db: WriteSession, preconditions: Preconditions
) -> Review:
    review = get_or_404(db, select(Review).where(Review.id == review_id).with_for_update())
    if review.user_id != caller.id:
        raise Forbidden
    preconditions.check(review)
    invalidate(db, find_book.key(review.book_id))
    if body.rating is not None:
        review.rating = body.rating
    if body.body is not None:
        review.body = body.body
    return review


handler = lambda_handler(app)
