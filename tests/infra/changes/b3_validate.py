"""Every row does."""

from alembic import op

revision = "b3"
down_revision = "b2"


def upgrade() -> None:
    op.execute("ALTER TABLE labels VALIDATE CONSTRAINT fk_labels_language")
