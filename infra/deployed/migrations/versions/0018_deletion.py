"""Deletion of users: those of whom a job removes rows, and another issuer's, whose tokens make no new user.

Likes, retweets and follows of a deleted user stay until the job removes them: there may be a million.
"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"

REFERENCES = (
    ("likes", "user_id"),
    ("retweets", "user_id"),
    ("follows", "follower_id"),
    ("follows", "followed_id"),
)


def upgrade() -> None:
    op.create_table(
        "leaving_users",
        sa.Column("user_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.PrimaryKeyConstraint("user_id", name="pk_leaving_users"),
    )
    op.create_table(
        "deleted_subjects",
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("issuer", "subject", name="pk_deleted_subjects"),
    )
    for table, column in REFERENCES:
        op.drop_constraint(f"fk_{table}_{column}", table)


def downgrade() -> None:
    for table, column in REFERENCES:
        op.execute(f"DELETE FROM {table} WHERE {column} NOT IN (SELECT id FROM users)")  # noqa: S608
        op.create_foreign_key(f"fk_{table}_{column}", table, "users", [column], ["id"], ondelete="CASCADE")
    op.drop_table("deleted_subjects")
    op.drop_table("leaving_users")
