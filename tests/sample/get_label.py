"""GET /api/v1/labels/{id}: read a label."""

from shared.database import PublicSession, get_or_404
from shared.http import PathId, lambda_handler, one_route_app

from sqlalchemy import select

from tests.sample.models import Label
from tests.sample.schemas import LabelOut

app = one_route_app()


@app.get("/api/v1/labels/{id}", response_model=LabelOut)
async def get_label(label_id: PathId, db: PublicSession) -> Label:
    return get_or_404(db, select(Label).where(Label.id == label_id))


handler = lambda_handler(app)
