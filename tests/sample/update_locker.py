"""PUT /api/v1/lockers/{id}: update one's own locker."""

from shared.database import WriteSession, get_or_404
from shared.http import PathId, Preconditions, lambda_handler, one_route_app
from shared.identity.callers import CurrentUser

from tests.sample.models import Locker
from tests.sample.queries import own_lockers
from tests.sample.schemas import LockerOut, LockerUpdate

app = one_route_app()


@app.put("/api/v1/lockers/{id}", response_model=LockerOut)
async def update_locker(
    locker_id: PathId,
    body: LockerUpdate,
    caller: CurrentUser,
    db: WriteSession,
    preconditions: Preconditions,
) -> Locker:
    mine = own_lockers(caller).where(Locker.id == locker_id)
    locker = get_or_404(db, mine.with_for_update())
    preconditions.check(locker)
    if body.name is not None:
        locker.name = body.name
    if "description" in body.model_fields_set:
        locker.description = body.description
    return locker


handler = lambda_handler(app)
