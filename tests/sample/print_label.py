"""GET /api/v1/labels/{id}/print: read a label as it is printed, perhaps from the cache."""

from shared.database import PublicSession
from shared.http import PathId, lambda_handler, one_route_app

from tests.sample.queries import find_label
from tests.sample.schemas import LabelOut

app = one_route_app()


@app.get("/api/v1/labels/{id}/print", response_model=LabelOut)
async def print_label(label_id: PathId, db: PublicSession) -> LabelOut:
    return await find_label(label_id, db=db)


handler = lambda_handler(app)
