"""GET /api/v1/gadgets: list gadgets, newest first."""

from shared.database import PageQuery, ReadSession
from shared.http import lambda_handler, one_route_app
from shared.identity.callers import CurrentUser

from sqlalchemy import select

from tests.sample.models import Gadget
from tests.sample.schemas import GadgetOut

app = one_route_app(has_etag=False)


@app.get("/api/v1/gadgets", response_model=list[GadgetOut])
async def list_gadgets(caller: CurrentUser, db: ReadSession, page: PageQuery) -> list[Gadget]:
    return page.fetch(db, select(Gadget), key=[Gadget.id])


handler = lambda_handler(app)
