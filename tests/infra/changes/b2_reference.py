"""Every new row refers to it."""

from alembic import op

revision = "b2"
down_revision = "b1"


def upgrade() -> None:
    op.create_foreign_key(
        "fk_books_language", "books", "languages", ["language"], ["code"], postgresql_not_valid=True
    )
