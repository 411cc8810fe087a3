"""An index of the users that are no services: their list would else read the services too."""

import sqlalchemy as sa

from infra.deployed.migrations.online import create_index, drop_index

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    create_index("ix_users_people", "users", ["id"], postgresql_where=sa.text("kind = 'user'"))


def downgrade() -> None:
    drop_index("ix_users_people", "users")
