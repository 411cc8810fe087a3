"""PUT /api/v1/posts/{id}/like: like a post."""

from shared.database import WriteSession
from shared.http import PathId, lambda_handler, one_route_app
from shared.identity.callers import CurrentUser
from shared.models.social import Like

from social.queries import add_relation

app = one_route_app()


@app.put("/api/v1/posts/{id}/like", status_code=204)
async def like_post(post_id: PathId, caller: CurrentUser, db: WriteSession) -> None:
    add_relation(db, Like, post_id, caller)


handler = lambda_handler(app)
