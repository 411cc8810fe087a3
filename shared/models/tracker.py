"""The tracker: projects and their issues."""

from datetime import datetime

from shared.models.base import Base, exported, invalid, missing, the_caller
from shared.models.users import User

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Identity, Index, String, func
from sqlalchemy.orm import Mapped, mapped_column


class Project(Base):
    __tablename__ = "projects"
    __table_args__ = (
        ForeignKeyConstraint(["owner_id"], [User.id], ondelete="CASCADE", info=the_caller()),
        Index(None, "owner_id", "id"),
        exported("project", owner="owner_id"),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    description: Mapped[str | None]
    owner_id: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Issue(Base):
    """`updated_at` is the moment of the last change: its transaction began earlier, and may have waited."""

    __tablename__ = "issues"
    __table_args__ = (
        ForeignKeyConstraint(["project_id"], [Project.id], ondelete="CASCADE", info=missing("project")),
        CheckConstraint(
            "status IN ('open', 'in_progress', 'closed')",
            "status",
            info=invalid("status", "Input should be open, in_progress or closed"),
        ),
        Index(None, "project_id", "id"),
        Index(None, "project_id", "status", "id"),
        exported("issue", owner="project_id"),
    )
    __mapper_args__ = {"eager_defaults": True}  # noqa: RUF012  an UPDATE gives `updated_at` back at once

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    project_id: Mapped[int]
    title: Mapped[str] = mapped_column(String(200))
    body: Mapped[str | None]
    status: Mapped[str] = mapped_column(String(11), server_default="open")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now(), onupdate=func.clock_timestamp())
