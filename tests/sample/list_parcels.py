"""GET /api/v1/lockers/{id}/parcels: list the parcels of one's own locker, newest first."""

from shared.database import PageQuery, ReadSession, get_or_404
from shared.http import PathId, lambda_handler, one_route_app
from shared.identity.callers import CurrentUser

from tests.sample.models import Locker, Parcel
from tests.sample.queries import own_lockers, own_parcels
from tests.sample.schemas import ParcelOut

app = one_route_app(has_etag=False)


@app.get("/api/v1/lockers/{id}/parcels", response_model=list[ParcelOut])
async def list_parcels(
    locker_id: PathId, caller: CurrentUser, db: ReadSession, page: PageQuery
) -> list[Parcel]:
    get_or_404(db, own_lockers(caller).where(Locker.id == locker_id))
    parcels = own_parcels(caller).where(Parcel.locker_id == locker_id)
    return page.fetch(db, parcels, key=[Parcel.id])


handler = lambda_handler(app)
