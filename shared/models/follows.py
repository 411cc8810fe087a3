"""Follows between users."""

from datetime import datetime

from shared.models.base import Base, invalid, missing, the_caller
from shared.models.users import User

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, func
from sqlalchemy.orm import Mapped, mapped_column


class Follow(Base):
    __tablename__ = "follows"
    __table_args__ = (
        ForeignKeyConstraint(["follower_id"], [User.id], ondelete="CASCADE", info=the_caller()),
        ForeignKeyConstraint(["followed_id"], [User.id], ondelete="CASCADE", info=missing("user")),
        Index(None, "follower_id", "created_at", "followed_id"),
        Index(None, "followed_id", "created_at", "follower_id"),
        CheckConstraint(
            "follower_id <> followed_id", "not_self", info=invalid("id", "Follow somebody else", "path")
        ),
    )

    follower_id: Mapped[int] = mapped_column(primary_key=True)
    followed_id: Mapped[int] = mapped_column(primary_key=True)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
