"""The tokens of mailed links, and which address of a user is verified or waits to be.

Nobody's address counts as verified yet. The release before this one changes `email_key` alone, after which
`verified_email_key` differs from it: an address that it sets is unverified too.
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.add_column("users", sa.Column("verified_email_key", sa.Text()))
    op.add_column("users", sa.Column("pending_email", sa.String(254)))
    op.create_table(
        "mail_tokens",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("email_key", sa.Text(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("spent_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("token_hash", name="pk_mail_tokens"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_mail_tokens_user_id", ondelete="CASCADE"),
    )
    op.create_index("ix_mail_tokens_user_id", "mail_tokens", ["user_id"])
    op.create_index("ix_mail_tokens_email_key", "mail_tokens", ["email_key"])
    op.create_index("ix_mail_tokens_expires_at", "mail_tokens", ["expires_at"])


def downgrade() -> None:
    op.drop_table("mail_tokens")
    op.drop_column("users", "pending_email")
    op.drop_column("users", "verified_email_key")
