"""GET /api/v1/posts/{id}: read a post."""

from shared.database import PublicSession, get_or_404
from shared.http import PathId, lambda_handler, one_route_app
from shared.models.social import Post

from sqlalchemy import select

from social.schemas import PostOut

app = one_route_app()


@app.get("/api/v1/posts/{id}", response_model=PostOut)
async def get_post(post_id: PathId, db: PublicSession) -> Post:
    return get_or_404(db, select(Post).where(Post.id == post_id))


handler = lambda_handler(app)
