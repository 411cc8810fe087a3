"""PUT /api/v1/authors/{id}: update an author."""

from shared.database import WriteSession, get_or_404
from shared.http import PathId, Preconditions, lambda_handler, one_route_app
from shared.identity.callers import CurrentUser
from shared.models.library import Author

from sqlalchemy import select

from library.schemas import AuthorOut, AuthorUpdate

app = one_route_app()


@app.put("/api/v1/authors/{id}", response_model=AuthorOut)
async def update_author(
    author_id: PathId, body: AuthorUpdate, caller: CurrentUser, db: WriteSession, preconditions: Preconditions
) -> Author:
    author = get_or_404(db, select(Author).where(Author.id == author_id).with_for_update())
    preconditions.check(author)
    if body.name is not None:
        author.name = body.name
    if "bio" in body.model_fields_set:
        author.bio = body.bio
    return author


handler = lambda_handler(app)
