"""The tokens of mailed links."""

from datetime import datetime

from shared.models.base import Base, not_exported, the_caller
from shared.models.users import User

from sqlalchemy import ForeignKeyConstraint, Index, LargeBinary, String, func
from sqlalchemy.orm import Mapped, mapped_column


class MailToken(Base):
    """A token, stored only as its SHA-256, and the address that it was mailed to.

    `spent_at` is set when it is used and when it becomes void.
    """

    __tablename__ = "mail_tokens"
    __table_args__ = (
        ForeignKeyConstraint(["user_id"], [User.id], ondelete="CASCADE", info=the_caller()),
        Index(None, "user_id"),
        Index(None, "email_key"),
        Index(None, "expires_at"),
        not_exported("hashes of tokens that were mailed to the user"),
    )

    token_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    purpose: Mapped[str]
    user_id: Mapped[int]
    email: Mapped[str] = mapped_column(String(254))
    email_key: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    expires_at: Mapped[datetime]
    spent_at: Mapped[datetime | None]
