"""Every new row has the value."""

from alembic import op

revision = "a3"
down_revision = "a2"


def upgrade() -> None:
    op.execute(
        "ALTER TABLE labels ADD CONSTRAINT ck_labels_printed_at CHECK (printed_at IS NOT NULL) NOT VALID"
    )
