"""Every new row has the value."""

from alembic import op

revision = "a3"
down_revision = "a2"


def upgrade() -> None:
    op.execute(
        "ALTER TABLE books ADD CONSTRAINT ck_books_published_at CHECK (published_at IS NOT NULL) NOT VALID"
    )
