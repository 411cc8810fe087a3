"""A constraint, of the index that is there."""

from alembic import op

revision = "c2"
down_revision = "c1"


def upgrade() -> None:
    op.execute(
        "ALTER TABLE books ADD CONSTRAINT uq_books_language_isbn UNIQUE USING INDEX uq_books_language_isbn"
    )
