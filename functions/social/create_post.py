"""POST /api/v1/posts: create a post."""

from shared.database import WriteSession
from shared.http import lambda_handler, one_route_app
from shared.idempotency import Idempotent
from shared.identity.callers import CurrentUser
from shared.models.social import Post

from fastapi import Response

from social.schemas import PostCreate, PostOut

app = one_route_app()


@app.post("/api/v1/posts", status_code=201, response_model=PostOut, dependencies=[Idempotent])
async def create_post(body: PostCreate, caller: CurrentUser, db: WriteSession, response: Response) -> Post:
    post = Post(content=body.content, owner_id=caller.id)
    db.add(post)
    db.flush()
    response.headers["Location"] = f"/api/v1/posts/{post.id}"
    return post


handler = lambda_handler(app)
