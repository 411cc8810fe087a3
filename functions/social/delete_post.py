"""DELETE /api/v1/posts/{id}: delete one's own post.

Errors: forbidden.
"""

from shared.database import WriteSession, get_or_404
from shared.http import Forbidden, PathId, Preconditions, lambda_handler, one_route_app
from shared.identity.callers import CurrentUser
from shared.models.social import Post

from sqlalchemy import select

from social.schemas import PostOut

app = one_route_app()


@app.delete("/api/v1/posts/{id}", response_model=PostOut)
async def delete_post(
    post_id: PathId, caller: CurrentUser, db: WriteSession, preconditions: Preconditions
) -> Post:
    post = get_or_404(db, select(Post).where(Post.id == post_id).with_for_update())
    if post.owner_id != caller.id:
        raise Forbidden
    preconditions.check(post)
    db.delete(post)
    return post


handler = lambda_handler(app)
