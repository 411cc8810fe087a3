"""GET /api/v1/lockers/{id}: read one's own locker."""

from shared.database import ReadSession, get_or_404
from shared.http import PathId, lambda_handler, one_route_app
from shared.identity.callers import CurrentUser

from tests.sample.models import Locker
from tests.sample.queries import own_lockers
from tests.sample.schemas import LockerOut

app = one_route_app()


@app.get("/api/v1/lockers/{id}", response_model=LockerOut)
async def get_locker(locker_id: PathId, caller: CurrentUser, db: ReadSession) -> Locker:
    return get_or_404(db, own_lockers(caller).where(Locker.id == locker_id))


handler = lambda_handler(app)
