"""GET /api/v1/books/{id}: read a book."""

from shared.database import PublicSession
from shared.http import PathId, lambda_handler, one_route_app

from library.queries import find_book
from library.schemas import BookOut

app = one_route_app()


@app.get("/api/v1/books/{id}", response_model=BookOut)
async def get_book(book_id: PathId, db: PublicSession) -> BookOut:
    return await find_book(book_id, db=db)


handler = lambda_handler(app)
