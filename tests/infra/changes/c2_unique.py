"""A constraint, of the index that is there."""

from alembic import op

revision = "c2"
down_revision = "c1"


def upgrade() -> None:
    op.execute(
        "ALTER TABLE labels ADD CONSTRAINT uq_labels_language_name UNIQUE USING INDEX uq_labels_language_name"
    )
