"""POST /api/v1/authors: create an author."""

from shared.database import WriteSession
from shared.http import lambda_handler, one_route_app
from shared.idempotency import Idempotent
from shared.identity.callers import CurrentUser
from shared.models.library import Author

from fastapi import Response

from library.schemas import AuthorCreate, AuthorOut

app = one_route_app()


@app.post("/api/v1/authors", status_code=201, response_model=AuthorOut, dependencies=[Idempotent])
async def create_author(
    body: AuthorCreate, caller: CurrentUser, db: WriteSession, response: Response
) -> Author:
    author = Author(name=body.name, bio=body.bio)
    db.add(author)
    db.flush()
    response.headers["Location"] = f"/api/v1/authors/{author.id}"
    return author


handler = lambda_handler(app)
