"""Services: programs that call the API with a secret of their own."""

from datetime import datetime

from shared.models.base import Base, not_exported, the_caller
from shared.models.users import User

from sqlalchemy import ForeignKeyConstraint, LargeBinary, String, func
from sqlalchemy.orm import Mapped, mapped_column


class Service(Base):
    """A service. Its id is that of its row among users, which owns what the service makes.

    A secret is stored only as its SHA-256. The two newest count, so one can be replaced without a pause.
    """

    __tablename__ = "services"
    __table_args__ = (
        ForeignKeyConstraint(["id"], [User.id], ondelete="CASCADE", info=the_caller()),
        not_exported("services belong to no user"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(String(255))
    scope: Mapped[str]  # as in tokens: separated by spaces (RFC 6749, section 3.3)
    secret_hash: Mapped[bytes] = mapped_column(LargeBinary)
    previous_secret_hash: Mapped[bytes | None] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    last_used_at: Mapped[datetime | None]

    @property
    def client_id(self) -> str:
        return f"service-{self.id}"

    @property
    def scopes(self) -> list[str]:
        return self.scope.split()
