"""POST /api/v1/authors: create an author."""

from shared.database import WriteSession
from shared.http import lambda_handler, one_route_app, representation
from shared.idempotency import IdempotencyGuard
from shared.identity.callers import CurrentUser
from shared.models.library import Author

from starlette.responses import Response

from library.schemas import AuthorCreate, AuthorOut

app = one_route_app()


@app.post("/api/v1/authors", status_code=201, response_model=AuthorOut)
async def create_author(
    body: AuthorCreate, caller: CurrentUser, db: WriteSession, guard: IdempotencyGuard
) -> Response:
    author = Author(name=body.name, bio=body.bio)
    db.add(author)
    db.flush()
    created = AuthorOut.model_validate(author)
    return guard.store(representation(created, status=201, location=f"/api/v1/authors/{author.id}"))


handler = lambda_handler(app)
