"""A table to refer to, and a column that has a constant for every row that is there."""

import sqlalchemy as sa
from alembic import op

revision = "b1"
down_revision = "a5"


def upgrade() -> None:
    languages = op.create_table(
        "languages", sa.Column("code", sa.Text(), nullable=False), sa.PrimaryKeyConstraint("code")
    )
    op.bulk_insert(languages, [{"code": "en"}, {"code": "fr"}])
    op.add_column("labels", sa.Column("language", sa.Text(), server_default="en", nullable=False))
