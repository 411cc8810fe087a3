"""POST /api/v1/lockers: create a locker."""

from shared.database import WriteSession
from shared.http import lambda_handler, one_route_app
from shared.idempotency import Idempotent
from shared.identity.callers import CurrentUser

from fastapi import Response

from tests.sample.models import Locker
from tests.sample.schemas import LockerCreate, LockerOut

app = one_route_app()


@app.post("/api/v1/lockers", status_code=201, response_model=LockerOut, dependencies=[Idempotent])
async def create_locker(
    body: LockerCreate, caller: CurrentUser, db: WriteSession, response: Response
) -> Locker:
    locker = Locker(name=body.name, description=body.description, owner_id=caller.id)
    db.add(locker)
    db.flush()
    response.headers["Location"] = f"/api/v1/lockers/{locker.id}"
    return locker


handler = lambda_handler(app)
