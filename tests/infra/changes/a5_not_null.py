"""NOT NULL, which the check has proved. The old column goes once no release reads it."""

from alembic import op

revision = "a5"
down_revision = "a4"


def upgrade() -> None:
    op.alter_column("labels", "printed_at", nullable=False)
    op.drop_constraint("ck_labels_printed_at", "labels")
