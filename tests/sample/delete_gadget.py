"""DELETE /api/v1/gadgets/{id}: delete a gadget."""

from shared.database import WriteSession, get_or_404
from shared.http import PathId, Preconditions, lambda_handler, one_route_app
from shared.identity.callers import CurrentUser

from sqlalchemy import select

from tests.sample.models import Gadget
from tests.sample.schemas import GadgetOut

app = one_route_app()


@app.delete("/api/v1/gadgets/{id}", response_model=GadgetOut)
async def delete_gadget(
    gadget_id: PathId, caller: CurrentUser, db: WriteSession, preconditions: Preconditions
) -> Gadget:
    gadget = get_or_404(db, select(Gadget).where(Gadget.id == gadget_id).with_for_update())
    preconditions.check(gadget)
    db.delete(gadget)
    return gadget


handler = lambda_handler(app)
