"""POST /api/v1/authors: create an author."""

from starlette.responses import Response

from library.schemas import AuthorCreate, AuthorOut
from shared.auth import CurrentUser
from shared.database import WriteSession
from shared.idempotency import OncePerKey
from shared.lambdas import lambda_handler, one_route_app
from shared.models import Author
from shared.responses import shown

app = one_route_app()


@app.post("/api/v1/authors", status_code=201, response_model=AuthorOut)
async def create_author(
    body: AuthorCreate, caller: CurrentUser, db: WriteSession, once: OncePerKey
) -> Response:
    author = Author(name=body.name, bio=body.bio)
    db.add(author)
    db.flush()
    created = AuthorOut.model_validate(author)
    return once.keep(shown(created, status=201, location=f"/api/v1/authors/{author.id}"))


handler = lambda_handler(app)
