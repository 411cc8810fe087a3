"""PUT /api/v1/gadgets/{id}: update a gadget."""

from shared.database import WriteSession, get_or_404
from shared.http import PathId, Preconditions, lambda_handler, one_route_app
from shared.identity.callers import CurrentUser

from sqlalchemy import select

from tests.sample.models import Gadget
from tests.sample.schemas import GadgetOut, GadgetUpdate

app = one_route_app()


@app.put("/api/v1/gadgets/{id}", response_model=GadgetOut)
async def update_gadget(
    gadget_id: PathId, body: GadgetUpdate, caller: CurrentUser, db: WriteSession, preconditions: Preconditions
) -> Gadget:
    gadget = get_or_404(db, select(Gadget).where(Gadget.id == gadget_id).with_for_update())
    preconditions.check(gadget)
    if body.name is not None:
        gadget.name = body.name
    if "description" in body.model_fields_set:
        gadget.description = body.description
    return gadget


handler = lambda_handler(app)
