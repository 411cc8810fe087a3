"""DELETE /api/v1/posts/{id}/retweet: take a retweet back."""

from shared.database import WriteSession
from shared.http import PathId, lambda_handler, one_route_app
from shared.identity.callers import CurrentUser
from shared.models.social import Retweet

from social.queries import remove_relation

app = one_route_app()


@app.delete("/api/v1/posts/{id}/retweet", status_code=204)
async def unretweet_post(post_id: PathId, caller: CurrentUser, db: WriteSession) -> None:
    remove_relation(db, Retweet, post_id, caller)


handler = lambda_handler(app)
