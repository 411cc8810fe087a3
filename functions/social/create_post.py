"""POST /api/v1/posts: create a post."""

from shared.database import WriteSession
from shared.http import lambda_handler, one_route_app, representation
from shared.idempotency import IdempotencyGuard
from shared.identity.callers import CurrentUser
from shared.models.social import Post

from starlette.responses import Response

from social.schemas import PostCreate, PostOut

app = one_route_app()


@app.post("/api/v1/posts", status_code=201, response_model=PostOut)
async def create_post(
    body: PostCreate, caller: CurrentUser, db: WriteSession, guard: IdempotencyGuard
) -> Response:
    post = Post(content=body.content, owner_id=caller.id)
    db.add(post)
    db.flush()
    created = PostOut.model_validate(post)
    return guard.store(representation(created, status=201, location=f"/api/v1/posts/{post.id}"))


handler = lambda_handler(app)
