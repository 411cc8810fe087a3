"""Every row does."""

from alembic import op

revision = "b3"
down_revision = "b2"


def upgrade() -> None:
    op.execute("ALTER TABLE books VALIDATE CONSTRAINT fk_books_language")
