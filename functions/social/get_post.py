"""GET /api/v1/posts/{id}: read a post."""

from shared.database import PublicSession, get_or_404
from shared.http import IfNoneMatch, PathId, lambda_handler, one_route_app, representation
from shared.models.social import Post

from sqlalchemy import select
from starlette.responses import Response

from social.schemas import PostOut

app = one_route_app()


@app.get("/api/v1/posts/{id}", response_model=PostOut)
async def get_post(post_id: PathId, db: PublicSession, if_none_match: IfNoneMatch = None) -> Response:
    post = get_or_404(db, select(Post).where(Post.id == post_id))
    return representation(PostOut.model_validate(post), if_none_match=if_none_match)


handler = lambda_handler(app)
