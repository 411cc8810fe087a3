"""GET /api/v1/labels: list labels, newest first."""

from shared.database import PageQuery, PublicSession
from shared.http import lambda_handler, one_route_app

from sqlalchemy import select

from tests.sample.models import Label
from tests.sample.schemas import LabelOut

app = one_route_app(has_etag=False)


@app.get("/api/v1/labels", response_model=list[LabelOut])
async def list_labels(db: PublicSession, page: PageQuery) -> list[Label]:
    return page.fetch(db, select(Label), key=[Label.id])


handler = lambda_handler(app)
