"""Jobs: work that a route leaves for after its answer."""

from datetime import datetime
from typing import Any

from shared.models.base import Base

from sqlalchemy import ColumnClause, Identity, Index, Integer, func, literal_column, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

RECIPIENT: ColumnClause[str] = literal_column("(payload ->> 'to')")  # an address by its key


class Job(Base):
    """A job is done, due from `run_at`, claimed until `claimed_until`, or dead after its last attempt.

    `user_id` is no foreign key: a job may outlive its user. The payload never holds a token.
    """

    __tablename__ = "jobs"
    __table_args__ = (
        Index("ix_jobs_due", "run_at", postgresql_where=text("done_at IS NULL")),
        Index("ix_jobs_done_at", "done_at", postgresql_where=text("done_at IS NOT NULL")),
        Index(
            "ix_jobs_recipient", RECIPIENT, "kind", postgresql_where=text("(payload ->> 'to') IS NOT NULL")
        ),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    kind: Mapped[str]
    user_id: Mapped[int | None]
    payload: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"))
    run_at: Mapped[datetime] = mapped_column(server_default=func.now())
    attempts: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    claimed_until: Mapped[datetime | None]
    last_error: Mapped[str | None]
    done_at: Mapped[datetime | None]
