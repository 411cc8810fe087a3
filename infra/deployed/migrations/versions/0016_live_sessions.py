"""An index for the list of a user's sessions, latest use first."""

import sqlalchemy as sa

from infra.deployed.migrations.online import create_index, drop_index

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    create_index(
        "ix_refresh_families_live",
        "refresh_families",
        ["user_id", "last_used_at", "id", "expires_at"],
        postgresql_where=sa.text("revoked_at IS NULL"),
    )


def downgrade() -> None:
    drop_index("ix_refresh_families_live", "refresh_families")
