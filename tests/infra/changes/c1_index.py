"""An index, while the table is written to."""

from infra.deployed.migrations.online import create_index

revision = "c1"
down_revision = "b3"


def upgrade() -> None:
    create_index("uq_labels_language_name", "labels", ["language", "name"], unique=True)
