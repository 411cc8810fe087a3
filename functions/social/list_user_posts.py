"""GET /api/v1/users/{id}/posts: list a user's posts with counts, newest first."""

from shared.database import PageQuery, ReadSession, Rows, get_or_404
from shared.http import PathId, lambda_handler, one_route_app
from shared.models.social import Post
from shared.models.users import User

from sqlalchemy import select

from social.queries import with_counts
from social.schemas import PostWithCounts

app = one_route_app(has_etag=False)


@app.get("/api/v1/users/{id}/posts", response_model=list[PostWithCounts])
async def list_user_posts(user_id: PathId, db: ReadSession, page: PageQuery) -> Rows:
    posts = select(Post.id).where(Post.owner_id == user_id)
    listed = page.fetch(db, posts, key=[Post.id], expand=with_counts)
    if not listed:  # a user with posts exists
        get_or_404(db, select(User).where(User.id == user_id))
    return listed


handler = lambda_handler(app)
