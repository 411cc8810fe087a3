"""PUT /api/v1/parcels/{id}: update a parcel of one's own locker."""

from shared.database import WriteSession, get_or_404
from shared.http import PathId, Preconditions, lambda_handler, one_route_app
from shared.identity.callers import CurrentUser

from tests.sample.models import Parcel
from tests.sample.queries import own_parcels
from tests.sample.schemas import ParcelOut, ParcelUpdate

app = one_route_app()


@app.put("/api/v1/parcels/{id}", response_model=ParcelOut)
async def update_parcel(
    parcel_id: PathId, body: ParcelUpdate, caller: CurrentUser, db: WriteSession, preconditions: Preconditions
) -> Parcel:
    mine = own_parcels(caller).where(Parcel.id == parcel_id)
    parcel = get_or_404(db, mine.with_for_update(of=Parcel))
    preconditions.check(parcel)
    if body.name is not None:
        parcel.name = body.name
    if "description" in body.model_fields_set:
        parcel.description = body.description
    return parcel


handler = lambda_handler(app)
