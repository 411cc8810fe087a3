"""GET /api/v1/posts: list posts, newest first."""

from shared.database import PageQuery, PublicSession
from shared.http import lambda_handler, one_route_app
from shared.models.social import Post

from sqlalchemy import select

from social.schemas import PostOut

app = one_route_app(has_etag=False)


@app.get("/api/v1/posts", response_model=list[PostOut])
async def list_posts(db: PublicSession, page: PageQuery) -> list[Post]:
    return page.fetch(db, select(Post), key=[Post.id])


handler = lambda_handler(app)
