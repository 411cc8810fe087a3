"""GET /api/v1/parcels/{id}: read a parcel of one's own locker."""

from shared.database import ReadSession, get_or_404
from shared.http import PathId, lambda_handler, one_route_app
from shared.identity.callers import CurrentUser

from tests.sample.models import Parcel
from tests.sample.queries import own_parcels
from tests.sample.schemas import ParcelOut

app = one_route_app()


@app.get("/api/v1/parcels/{id}", response_model=ParcelOut)
async def get_parcel(parcel_id: PathId, caller: CurrentUser, db: ReadSession) -> Parcel:
    return get_or_404(db, own_parcels(caller).where(Parcel.id == parcel_id))


handler = lambda_handler(app)
