"""Projects with issues; posts, likes and retweets."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def _id() -> sa.Column[int]:
    return sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False)


def _reference(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=f"fk_{table}_{column}", ondelete="CASCADE")


def _now(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False)


def upgrade() -> None:
    op.create_table(
        "projects",
        _id(),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("description", sa.Text()),
        sa.Column("owner_id", sa.BigInteger(), nullable=False),
        _now("created_at"),
        sa.PrimaryKeyConstraint("id", name="pk_projects"),
        _reference("projects", "owner_id", "users"),
    )
    op.create_index("ix_projects_owner_id_id", "projects", ["owner_id", "id"])
    op.create_table(
        "issues",
        _id(),
        sa.Column("project_id", sa.BigInteger(), nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("body", sa.Text()),
        sa.Column("status", sa.String(11), server_default="open", nullable=False),
        _now("created_at"),
        _now("updated_at"),
        sa.PrimaryKeyConstraint("id", name="pk_issues"),
        sa.CheckConstraint("status IN ('open', 'in_progress', 'closed')", name=op.f("ck_issues_status")),
        _reference("issues", "project_id", "projects"),
    )
    op.create_index("ix_issues_project_id_id", "issues", ["project_id", "id"])
    op.create_index("ix_issues_project_id_status_id", "issues", ["project_id", "status", "id"])
    op.create_table(
        "posts",
        _id(),
        sa.Column("content", sa.String(280), nullable=False),
        _now("timestamp"),
        sa.Column("owner_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_posts"),
        _reference("posts", "owner_id", "users"),
    )
    op.create_index("ix_posts_timestamp_id", "posts", ["timestamp", "id"])
    op.create_index("ix_posts_owner_id_timestamp_id", "posts", ["owner_id", "timestamp", "id"])
    op.create_index("ix_posts_owner_id_id", "posts", ["owner_id", "id"])
    for table, columns in (("likes", ()), ("retweets", (_now("timestamp"),))):
        op.create_table(
            table,
            sa.Column("post_id", sa.BigInteger(), nullable=False),
            sa.Column("user_id", sa.BigInteger(), nullable=False),
            *columns,
            sa.PrimaryKeyConstraint("post_id", "user_id", name=f"pk_{table}"),
            _reference(table, "post_id", "posts"),
            _reference(table, "user_id", "users"),
        )
        op.create_index(f"ix_{table}_user_id", table, ["user_id"])


def downgrade() -> None:
    for table in ("retweets", "likes", "posts", "issues", "projects"):
        op.drop_table(table)
