"""An index of inactive users, who are few: their list would else look at everybody."""

import sqlalchemy as sa
from alembic import op

from infra.deployed.migrations.online import create_index

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    create_index("ix_users_inactive", "users", ["id"], postgresql_where=sa.text("NOT is_active"))


def downgrade() -> None:
    op.drop_index("ix_users_inactive", table_name="users")
