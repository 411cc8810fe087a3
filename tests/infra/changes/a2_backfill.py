"""The rows that were there before the trigger."""

from infra.deployed.migrations.online import in_batches

revision = "a2"
down_revision = "a1"


def upgrade() -> None:
    in_batches("UPDATE labels SET printed_at = printed_on WHERE printed_at IS NULL", "labels")
