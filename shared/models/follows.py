"""Follows between users."""

from datetime import datetime

from shared.models.base import Base, exported, invalid

from sqlalchemy import CheckConstraint, Index, func
from sqlalchemy.orm import Mapped, mapped_column


class Follow(Base):
    __tablename__ = "follows"
    __table_args__ = (
        Index(None, "follower_id", "created_at", "followed_id"),
        Index(None, "followed_id", "created_at", "follower_id"),
        CheckConstraint(
            "follower_id <> followed_id", "not_self", info=invalid("id", "Follow somebody else", "path")
        ),
        exported("follow", owner="follower_id", removed_later=("follower_id", "followed_id")),
    )

    follower_id: Mapped[int] = mapped_column(primary_key=True)
    followed_id: Mapped[int] = mapped_column(primary_key=True)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
