"""DELETE /api/v1/posts/{id}/like: like a post no longer."""

from shared.database import WriteSession
from shared.http import PathId, lambda_handler, one_route_app
from shared.identity.callers import CurrentUser
from shared.models.social import Like

from social.queries import remove_relation

app = one_route_app()


@app.delete("/api/v1/posts/{id}/like", status_code=204)
async def unlike_post(post_id: PathId, caller: CurrentUser, db: WriteSession) -> None:
    remove_relation(db, Like, post_id, caller)


handler = lambda_handler(app)
