"""Accounts: users, who follows whom, and the families of refresh tokens."""

from datetime import datetime

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Identity,
    Index,
    LargeBinary,
    String,
    UniqueConstraint,
    func,
    true,
)
from sqlalchemy.orm import Mapped, mapped_column

from shared.models.base import Base, taken


class User(Base):
    """`*_key` is the form in which names are compared; issuer and subject are set for another issuer's."""

    __tablename__ = "users"
    __table_args__ = (
        UniqueConstraint("username_key", info=taken("username")),
        UniqueConstraint("email_key", info=taken("email")),
        UniqueConstraint("issuer", "subject"),
        CheckConstraint("role IN ('user', 'admin')", "role"),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    username: Mapped[str] = mapped_column(String(50))
    username_key: Mapped[str]
    name: Mapped[str | None] = mapped_column(String(255))
    email: Mapped[str | None] = mapped_column(String(254))
    email_key: Mapped[str | None]
    password_hash: Mapped[str | None]
    is_active: Mapped[bool] = mapped_column(server_default=true())
    role: Mapped[str] = mapped_column(String(5), server_default="user")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    issuer: Mapped[str | None]
    subject: Mapped[str | None]


class Follow(Base):
    __tablename__ = "follows"
    __table_args__ = (
        Index(None, "follower_id", "created_at", "followed_id"),
        Index(None, "followed_id", "created_at", "follower_id"),
        CheckConstraint("follower_id <> followed_id", "not_self"),
    )

    follower_id: Mapped[int] = mapped_column(ForeignKey(User.id, ondelete="CASCADE"), primary_key=True)
    followed_id: Mapped[int] = mapped_column(ForeignKey(User.id, ondelete="CASCADE"), primary_key=True)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class RefreshFamily(Base):
    """All refresh tokens that descend from one login; it ends as a whole."""

    __tablename__ = "refresh_families"
    __table_args__ = (Index(None, "user_id"), Index(None, "expires_at"))

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey(User.id, ondelete="CASCADE"))
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class RefreshToken(Base):
    """Known by its SHA-256 alone."""

    __tablename__ = "refresh_tokens"
    __table_args__ = (Index(None, "family_id"),)

    token_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    family_id: Mapped[int] = mapped_column(ForeignKey(RefreshFamily.id, ondelete="CASCADE"))
    expires_at: Mapped[datetime]
    spent_at: Mapped[datetime | None]
