"""The rows that were there before the trigger."""

from infra.deployed.migrations.online import in_batches

revision = "a2"
down_revision = "a1"


def upgrade() -> None:
    in_batches("UPDATE books SET published_at = published_date WHERE published_at IS NULL", "books")
