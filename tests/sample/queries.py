"""What is the caller's: decided here alone, so that what is another's is 404 on every route."""

from shared.database import get_or_404
from shared.identity.callers import Caller
from shared.redis.cache import cached

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from tests.sample.models import Label, Locker, Parcel
from tests.sample.schemas import LabelOut


def own_lockers(caller: Caller) -> Select[Locker]:
    return select(Locker).where(Locker.owner_id == caller.id)


def own_parcels(caller: Caller) -> Select[Parcel]:
    """Those of the caller's lockers. To lock one: `with_for_update(of=Parcel)`."""
    return select(Parcel).join(Locker, Locker.id == Parcel.locker_id).where(Locker.owner_id == caller.id)


@cached(ttl=60, key_prefix="labels", shown_at="GET /api/v1/labels/{id}/print")
async def find_label(label_id: int, *, db: Session) -> LabelOut:
    """Errors: NotFound."""
    return LabelOut.model_validate(get_or_404(db, select(Label).where(Label.id == label_id)))
