"""DELETE /api/v1/reviews/{id}: delete one's own review.

Errors: forbidden.
"""

from shared.database import WriteSession, get_or_404, invalidate
from shared.http import (
    Forbidden,
    IfMatch,
    PathId,
    lambda_handler,
    one_route_app,
    representation,
    require_match,
)
from shared.identity.callers import CurrentUser
from shared.models.library import Review

from sqlalchemy import select
from starlette.responses import Response

from library.queries import find_book
from library.schemas import ReviewOut

app = one_route_app()


@app.delete("/api/v1/reviews/{id}", response_model=ReviewOut)
async def delete_review(
    review_id: PathId, caller: CurrentUser, db: WriteSession, if_match: IfMatch = None
) -> Response:
    review = get_or_404(db, select(Review).where(Review.id == review_id).with_for_update())
    if review.user_id != caller.id:
        raise Forbidden
    deleted = ReviewOut.model_validate(review)
    require_match(deleted, if_match)
    invalidate(db, find_book.key(review.book_id))
    db.delete(review)
    return representation(deleted)


handler = lambda_handler(app)
