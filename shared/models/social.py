"""Posts, their likes and retweets."""

from datetime import datetime

from shared.models.base import Base, exported, missing, the_caller
from shared.models.users import User

from sqlalchemy import ForeignKeyConstraint, Identity, Index, String, func
from sqlalchemy.orm import Mapped, mapped_column


class Post(Base):
    __tablename__ = "posts"
    __table_args__ = (
        ForeignKeyConstraint(["owner_id"], [User.id], ondelete="CASCADE", info=the_caller()),
        Index(None, "timestamp", "id"),
        Index(None, "owner_id", "timestamp", "id"),  # the feed's
        Index(None, "owner_id", "id"),
        exported("post", owner="owner_id"),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    content: Mapped[str] = mapped_column(String(280))
    timestamp: Mapped[datetime] = mapped_column(server_default=func.now())
    owner_id: Mapped[int]


class Like(Base):
    """The post comes first in the key, so counting its likes reads only the index."""

    __tablename__ = "likes"
    __table_args__ = (
        ForeignKeyConstraint(["post_id"], [Post.id], ondelete="CASCADE", info=missing("post")),
        Index(None, "user_id", "post_id"),
        exported("like", removed_later=("user_id",)),
    )

    post_id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(primary_key=True)


class Retweet(Base):
    __tablename__ = "retweets"
    __table_args__ = (
        ForeignKeyConstraint(["post_id"], [Post.id], ondelete="CASCADE", info=missing("post")),
        Index(None, "user_id", "post_id"),
        exported("retweet", removed_later=("user_id",)),
    )

    post_id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(primary_key=True)
    timestamp: Mapped[datetime] = mapped_column(server_default=func.now())
