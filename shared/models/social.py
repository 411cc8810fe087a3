"""Who follows whom."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, func
from sqlalchemy.orm import Mapped, mapped_column

from shared.models.base import Base
from shared.models.users import User


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
