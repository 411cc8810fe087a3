"""Every row has it: looked at while the table is written to."""

from alembic import op

revision = "a4"
down_revision = "a3"


def upgrade() -> None:
    op.execute("ALTER TABLE labels VALIDATE CONSTRAINT ck_labels_printed_at")
