"""GET /api/v1/books/{id}: read a book."""

from shared.database import PublicSession
from shared.http import IfNoneMatch, PathId, lambda_handler, one_route_app, representation

from starlette.responses import Response

from library.queries import find_book
from library.schemas import BookOut

app = one_route_app()


@app.get("/api/v1/books/{id}", response_model=BookOut)
async def get_book(book_id: PathId, db: PublicSession, if_none_match: IfNoneMatch = None) -> Response:
    return representation(await find_book(book_id, db=db), if_none_match=if_none_match)


handler = lambda_handler(app)
