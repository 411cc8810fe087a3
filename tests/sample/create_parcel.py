"""POST /api/v1/lockers/{id}/parcels: create a parcel in one's own locker."""

from shared.database import WriteSession, get_or_404
from shared.http import PathId, lambda_handler, one_route_app
from shared.idempotency import Idempotent
from shared.identity.callers import CurrentUser

from fastapi import Response

from tests.sample.models import Locker, Parcel
from tests.sample.queries import own_lockers
from tests.sample.schemas import ParcelCreate, ParcelOut

app = one_route_app()


@app.post(
    "/api/v1/lockers/{id}/parcels", status_code=201, response_model=ParcelOut, dependencies=[Idempotent]
)
async def create_parcel(
    locker_id: PathId, body: ParcelCreate, caller: CurrentUser, db: WriteSession, response: Response
) -> Parcel:
    # The lock keeps the locker there until the parcel is in.
    mine = own_lockers(caller).where(Locker.id == locker_id)
    get_or_404(db, mine.with_for_update(read=True, key_share=True))
    parcel = Parcel(name=body.name, description=body.description, locker_id=locker_id)
    db.add(parcel)
    db.flush()
    response.headers["Location"] = f"/api/v1/parcels/{parcel.id}"
    return parcel


handler = lambda_handler(app)
