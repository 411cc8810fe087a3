"""What limits sign-in: windows of calls, and the addresses that have signed in to an account."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "sign_in_windows",
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("calls", ARRAY(sa.DateTime(timezone=True)), nullable=False),
        sa.Column("admitted", sa.Boolean(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_sign_in_windows"),
    )
    op.create_index("ix_sign_in_windows_expires_at", "sign_in_windows", ["expires_at"])
    op.create_table(
        "sign_in_addresses",
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("address", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("user_id", "address", name="pk_sign_in_addresses"),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="fk_sign_in_addresses_user_id", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_sign_in_addresses_expires_at", "sign_in_addresses", ["expires_at"])


def downgrade() -> None:
    op.drop_table("sign_in_addresses")
    op.drop_table("sign_in_windows")
