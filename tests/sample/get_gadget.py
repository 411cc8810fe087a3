"""GET /api/v1/gadgets/{id}: read a gadget."""

from shared.database import ReadSession, get_or_404
from shared.http import PathId, lambda_handler, one_route_app
from shared.identity.callers import CurrentUser

from sqlalchemy import select

from tests.sample.models import Gadget
from tests.sample.schemas import GadgetOut

app = one_route_app()


@app.get("/api/v1/gadgets/{id}", response_model=GadgetOut)
async def get_gadget(gadget_id: PathId, caller: CurrentUser, db: ReadSession) -> Gadget:
    return get_or_404(db, select(Gadget).where(Gadget.id == gadget_id))


handler = lambda_handler(app)
