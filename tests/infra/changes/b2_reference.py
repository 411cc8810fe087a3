"""Every new row refers to it."""

from alembic import op

revision = "b2"
down_revision = "b1"


def upgrade() -> None:
    op.create_foreign_key(
        "fk_labels_language", "labels", "languages", ["language"], ["code"], postgresql_not_valid=True
    )
