"""POST /api/v1/labels: create a label."""

from shared.database import WriteSession
from shared.http import lambda_handler, one_route_app
from shared.idempotency import Idempotent
from shared.identity.callers import CurrentUser

from fastapi import Response

from tests.sample.models import Label
from tests.sample.schemas import LabelCreate, LabelOut

app = one_route_app()


@app.post("/api/v1/labels", status_code=201, response_model=LabelOut, dependencies=[Idempotent])
async def create_label(body: LabelCreate, caller: CurrentUser, db: WriteSession, response: Response) -> Label:
    label = Label(**body.model_dump())
    db.add(label)
    db.flush()
    response.headers["Location"] = f"/api/v1/labels/{label.id}"
    return label


handler = lambda_handler(app)
