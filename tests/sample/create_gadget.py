"""POST /api/v1/gadgets: create a gadget."""

from shared.database import WriteSession
from shared.http import lambda_handler, one_route_app
from shared.idempotency import Idempotent
from shared.identity.callers import CurrentUser

from fastapi import Response

from tests.sample.models import Gadget
from tests.sample.schemas import GadgetCreate, GadgetOut

app = one_route_app()


@app.post("/api/v1/gadgets", status_code=201, response_model=GadgetOut, dependencies=[Idempotent])
async def create_gadget(
    body: GadgetCreate, caller: CurrentUser, db: WriteSession, response: Response
) -> Gadget:
    gadget = Gadget(name=body.name, description=body.description)
    db.add(gadget)
    db.flush()
    response.headers["Location"] = f"/api/v1/gadgets/{gadget.id}"
    return gadget


handler = lambda_handler(app)
