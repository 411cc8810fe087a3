"""Users, their role and their state."""

from datetime import datetime

from shared.models.base import Base, exported, invalid, taken

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ColumnElement,
    DateTime,
    Identity,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
    func,
    literal_column,
    text,
    true,
)
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, mapped_column

# Imported users, until they sign in: their bcrypt hashes, and the cost that one names. Without parameters,
# for the planner to see that the index holds all that a sign-in asks.
IMPORTED = text("password_hash ~ '^[$]2[abxy][$][0-9][0-9][$]'")
IMPORTED_COST = literal_column("CAST(substr(password_hash, 5, 2) AS integer)", Integer)


class User(Base):
    """`*_key` is the compared form of a name. Issuer and subject are set for another issuer's user.

    `pending_email` becomes the address once it is verified.
    """

    __tablename__ = "users"
    __table_args__ = (
        UniqueConstraint("username_key", info=taken("username")),
        UniqueConstraint("email_key", info=taken("email")),
        UniqueConstraint("issuer", "subject"),
        Index("ix_users_imported_cost", IMPORTED_COST, postgresql_where=IMPORTED),
        Index("ix_users_people", "id", postgresql_where=text("kind = 'user'")),
        Index("ix_users_inactive", "id", postgresql_where=text("NOT is_active")),
        Index("ix_users_admins", "id", postgresql_where=text("role = 'admin' AND is_active")),
        CheckConstraint(
            "role IN ('user', 'admin')", "role", info=invalid("role", "Input should be user or admin")
        ),
        exported(
            "user",
            *("id", "username", "name", "email", "pending_email", "is_active", "role", "created_at"),
            *("issuer", "subject"),
            owner="id",
        ),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    username: Mapped[str] = mapped_column(String(50))
    username_key: Mapped[str]
    name: Mapped[str | None] = mapped_column(String(255))
    email: Mapped[str | None] = mapped_column(String(254))
    email_key: Mapped[str | None]
    verified_email_key: Mapped[str | None]  # no boolean: it would outlive a change of the address
    pending_email: Mapped[str | None] = mapped_column(String(254))
    password_hash: Mapped[str | None]
    is_active: Mapped[bool] = mapped_column(server_default=true())
    role: Mapped[str] = mapped_column(String(5), server_default="user")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    issuer: Mapped[str | None]
    subject: Mapped[str | None]
    kind: Mapped[str] = mapped_column(server_default="user")  # `service`: owns what a service makes

    @hybrid_property
    def is_person(self) -> bool:
        return self.kind == "user"

    @is_person.inplace.expression
    @classmethod
    def _is_person(cls) -> ColumnElement[bool]:
        # No parameter, for the planner to see that the index holds these.
        return cls.kind == literal_column("'user'", Text)

    @hybrid_property
    def email_verified(self) -> bool:
        return self.email_key is not None and self.email_key == self.verified_email_key

    @email_verified.inplace.expression
    @classmethod
    def _email_verified(cls) -> ColumnElement[bool]:
        return func.coalesce(cls.email_key == cls.verified_email_key, false())


# The deleted users whose likes, retweets and follows a job still has to remove. No model, to spare every cold
# start its mapping.
leaving_users = Table(
    "leaving_users",
    Base.metadata,
    Column("user_id", BigInteger, primary_key=True, autoincrement=False),
    Column("deleted_at", DateTime(timezone=True), server_default=func.now(), nullable=False),
)

# Another issuer's users who are deleted: their tokens make no new user.
deleted_subjects = Table(
    "deleted_subjects",
    Base.metadata,
    Column("issuer", Text, primary_key=True),
    Column("subject", Text, primary_key=True),
)
