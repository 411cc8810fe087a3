"""Jobs: work that a route leaves for after its answer."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.create_table(
        "jobs",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("user_id", sa.BigInteger()),
        sa.Column("payload", JSONB(), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("run_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("claimed_until", sa.DateTime(timezone=True)),
        sa.Column("last_error", sa.Text()),
        sa.Column("done_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name="pk_jobs"),
    )
    op.create_index("ix_jobs_due", "jobs", ["run_at"], postgresql_where=sa.text("done_at IS NULL"))
    op.create_index("ix_jobs_done_at", "jobs", ["done_at"], postgresql_where=sa.text("done_at IS NOT NULL"))
    op.create_index(
        "ix_jobs_recipient",
        "jobs",
        [sa.text("(payload ->> 'to')"), "kind"],
        postgresql_where=sa.text("(payload ->> 'to') IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_table("jobs")
