"""The addresses from which a user has proven the password: they get in although others guess."""

from datetime import timedelta

from shared.database import execute_deferred
from shared.models.sign_in import SignInAddress
from shared.models.users import User

from sqlalchemy import CTE, ColumnElement, delete, exists, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import InstrumentedAttribute, Session

TTL = timedelta(days=365)  # since an address was last used
MAX_PER_USER = 16

_KEY = (SignInAddress.user_id, SignInAddress.address)


def columns(address: bytes) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """`is_known` and `has_addresses` of the user that is selected."""
    live = _live(User.id)
    known = exists().where(*live, SignInAddress.address == address)
    return known.label("is_known"), exists().where(*live).label("has_addresses")


def record(db: Session, user_id: int, address: bytes) -> None:
    """Makes the address one of the user's latest 16. Hold the user's row: two at once would keep 17."""
    expires = {"expires_at": func.now() + TTL}
    row = insert(SignInAddress).values(user_id=user_id, address=address, **expires)
    upsert = row.on_conflict_do_update(index_elements=_KEY, set_=expires)
    execute_deferred(db, upsert.add_cte(_drop_oldest(user_id, address)))


def renew(db: Session, user_id: int, address: bytes) -> None:
    """Keeps an address that is known; one that is not stays so, since a refresh proves no password."""
    known = (*_live(user_id), SignInAddress.address == address)
    execute_deferred(db, update(SignInAddress).where(*known).values(expires_at=func.now() + TTL))


def forget(db: Session, user_id: int, but: bytes = b"") -> None:
    """Forgets every address of the user but one. Hold the user's row, so that no sign-in adds another."""
    others = (SignInAddress.user_id == user_id, SignInAddress.address != but)
    execute_deferred(db, delete(SignInAddress).where(*others))


def _live(user_id: InstrumentedAttribute[int] | int) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return SignInAddress.user_id == user_id, SignInAddress.expires_at > func.now()


def _drop_oldest(user_id: int, address: bytes) -> CTE:
    others = (SignInAddress.user_id == user_id, SignInAddress.address != address)
    latest = select(SignInAddress.address).where(*others).order_by(SignInAddress.expires_at.desc())
    oldest = latest.offset(MAX_PER_USER - 1)
    return delete(SignInAddress).where(*others, SignInAddress.address.in_(oldest)).cte("oldest")
