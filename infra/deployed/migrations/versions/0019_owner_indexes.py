"""Indexes that find what a user owns in the order of an export, and the active admins.

Those of the owner alone are needed no longer; the release before this one does as well without them.
"""

import sqlalchemy as sa

from infra.deployed.migrations.online import create_index, drop_index

revision = "0019"
down_revision = "0018"

KEYS = {"reviews": "id", "likes": "post_id", "retweets": "post_id"}


def upgrade() -> None:
    for table, key in KEYS.items():
        create_index(f"ix_{table}_user_id_{key}", table, ["user_id", key])
        drop_index(f"ix_{table}_user_id", table)
    create_index("ix_users_admins", "users", ["id"], postgresql_where=sa.text("role = 'admin' AND is_active"))


def downgrade() -> None:
    drop_index("ix_users_admins", "users")
    for table, key in KEYS.items():
        create_index(f"ix_{table}_user_id", table, ["user_id"])
        drop_index(f"ix_{table}_user_id_{key}", table)
