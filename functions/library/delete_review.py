"""DELETE /api/v1/reviews/{id}: delete one's own review.

Errors: forbidden.
"""

from shared.database import WriteSession, get_or_404, invalidate
from shared.http import Forbidden, PathId, Preconditions, lambda_handler, one_route_app
from shared.identity.callers import CurrentUser
from shared.models.library import Review

from sqlalchemy import select

from library.queries import find_book
from library.schemas import ReviewOut

app = one_route_app()


@app.delete("/api/v1/reviews/{id}", response_model=ReviewOut)
async def delete_review(
    review_id: PathId, caller: CurrentUser, db: WriteSession, preconditions: Preconditions
) -> Review:
    review = get_or_404(db, select(Review).where(Review.id == review_id).with_for_update())
    if review.user_id != caller.id:
        raise Forbidden
    preconditions.check(review)
    invalidate(db, find_book.key(review.book_id))
    db.delete(review)
    return review


handler = lambda_handler(app)
