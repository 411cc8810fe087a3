"""DELETE /api/v1/labels/{id}: delete a label."""

from shared.database import WriteSession, get_or_404, invalidate
from shared.http import PathId, Preconditions, lambda_handler, one_route_app
from shared.identity.callers import CurrentUser

from sqlalchemy import select

from tests.sample.models import Label
from tests.sample.queries import find_label
from tests.sample.schemas import LabelOut

app = one_route_app()


@app.delete("/api/v1/labels/{id}", response_model=LabelOut)
async def delete_label(
    label_id: PathId, caller: CurrentUser, db: WriteSession, preconditions: Preconditions
) -> Label:
    label = get_or_404(db, select(Label).where(Label.id == label_id).with_for_update())
    preconditions.check(label)
    invalidate(db, find_label.key(label_id))
    db.delete(label)
    return label


handler = lambda_handler(app)
