"""Account events: sign-ins and what changed accounts, kept for a year."""

from datetime import datetime, timedelta

from shared.models.base import Base, exported

from sqlalchemy import Identity, Index, LargeBinary, func
from sqlalchemy.orm import Mapped, mapped_column

LIFETIME = timedelta(days=365)


class AccountEvent(Base):
    """An event of a user, by an actor. No foreign key, since it outlives both.

    `user_id` is null for a failed sign-in under a name that nobody has; `actor_id` for one that is not known.
    """

    __tablename__ = "account_events"
    __table_args__ = (
        Index(None, "user_id", "id"),
        Index(None, "at"),
        exported("event", "id", "kind", "at", "request_id"),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    at: Mapped[datetime] = mapped_column(server_default=func.now())
    user_id: Mapped[int | None]
    actor_id: Mapped[int | None]
    kind: Mapped[str]
    address: Mapped[bytes | None] = mapped_column(LargeBinary)  # a digest, by the key below
    request_id: Mapped[str | None]


class AddressKey(Base):
    """The key of the addresses' digests: random bytes, of which the migration makes the only row.

    Without this table, nobody can try all addresses on a copy of the events.
    """

    __tablename__ = "address_keys"

    key: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
