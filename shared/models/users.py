"""Users: who may sign in, and as what."""

from datetime import datetime

from sqlalchemy import (
    CheckConstraint,
    Identity,
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
