"""GET /api/v1/posts/with_counts: list posts with counts, latest first."""

from shared.database import PageQuery, PublicSession, Rows
from shared.http import lambda_handler, one_route_app
from shared.models.social import Post

from sqlalchemy import select

from social.queries import with_counts
from social.schemas import PostWithCounts

app = one_route_app(has_etag=False)


@app.get("/api/v1/posts/with_counts", response_model=list[PostWithCounts])
async def list_posts_with_counts(db: PublicSession, page: PageQuery) -> Rows:
    return page.fetch(db, select(Post.id), key=[Post.timestamp, Post.id], expand=with_counts)


handler = lambda_handler(app)
