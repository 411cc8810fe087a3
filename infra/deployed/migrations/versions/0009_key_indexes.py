"""Unique indexes of the key columns, made while these are empty, so that no row can break them."""

from infra.deployed.migrations.online import create_index, drop_index

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    create_index("uq_categories_name_key", "categories", ["name_key"], unique=True)
    create_index("uq_books_isbn_key", "books", ["isbn_key"], unique=True)


def downgrade() -> None:
    drop_index("uq_books_isbn_key", "books")
    drop_index("uq_categories_name_key", "categories")
