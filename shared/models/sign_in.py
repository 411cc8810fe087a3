"""Sign-in: the families of refresh tokens, and the limits of attempts."""

from datetime import datetime

from shared.models.base import Base, exported, not_exported, the_caller
from shared.models.users import User

from sqlalchemy import (
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    LargeBinary,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column


class RefreshFamily(Base):
    """A session: all refresh tokens that descend from one login. It ends as a whole.

    Tokens of its generation can be spent. Spending one spends all, and begins the next generation.
    """

    __tablename__ = "refresh_families"
    __table_args__ = (
        ForeignKeyConstraint(["user_id"], [User.id], ondelete="CASCADE", info=the_caller()),
        Index(None, "user_id"),
        Index(None, "expires_at"),
        Index(
            "ix_refresh_families_live",
            *("user_id", "last_used_at", "id", "expires_at"),
            postgresql_where=text("revoked_at IS NULL"),
        ),
        exported("session", "id", "last_used_at", "expires_at", "revoked_at"),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    user_id: Mapped[int]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime] = mapped_column(server_default=func.now())  # when its generation began
    generation: Mapped[int] = mapped_column(Integer, server_default="0")
    tokens: Mapped[int] = mapped_column(Integer, server_default="1")  # of its generation


class RefreshToken(Base):
    """A refresh token, stored only as its SHA-256.

    The release before this one writes no generation: such a token is of the family's until it is spent.
    """

    __tablename__ = "refresh_tokens"
    __table_args__ = (Index(None, "family_id"),)

    token_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    family_id: Mapped[int] = mapped_column(ForeignKey(RefreshFamily.id, ondelete="CASCADE"))
    expires_at: Mapped[datetime]
    spent_at: Mapped[datetime | None]
    generation: Mapped[int | None] = mapped_column(Integer)


class SignInWindow(Base):
    """Times of calls from an address to a route, or of attempts on an account; the key is a digest."""

    __tablename__ = "sign_in_windows"
    __table_args__ = (Index(None, "expires_at"),)

    key: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    calls: Mapped[list[datetime]] = mapped_column(ARRAY(DateTime(timezone=True)))
    admitted: Mapped[bool]  # the last call
    expires_at: Mapped[datetime]


class SignInAddress(Base):
    """An address that has signed in to the account; the key is a digest of both."""

    __tablename__ = "sign_in_addresses"
    __table_args__ = (
        ForeignKeyConstraint(["user_id"], [User.id], ondelete="CASCADE", info=the_caller()),
        Index(None, "expires_at"),
        not_exported("digests, which say nothing without the address"),
    )

    user_id: Mapped[int] = mapped_column(primary_key=True)
    address: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    expires_at: Mapped[datetime]
