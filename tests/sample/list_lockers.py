"""GET /api/v1/lockers: list one's own lockers, newest first."""

from shared.database import PageQuery, ReadSession
from shared.http import lambda_handler, one_route_app
from shared.identity.callers import CurrentUser

from tests.sample.models import Locker
from tests.sample.queries import own_lockers
from tests.sample.schemas import LockerOut

app = one_route_app(has_etag=False)


@app.get("/api/v1/lockers", response_model=list[LockerOut])
async def list_lockers(caller: CurrentUser, db: ReadSession, page: PageQuery) -> list[Locker]:
    return page.fetch(db, own_lockers(caller), key=[Locker.id])


handler = lambda_handler(app)
