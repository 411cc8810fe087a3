"""Authors, categories, books and reviews."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def _id() -> sa.Column[int]:
    return sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False)


def upgrade() -> None:
    op.create_table(
        "authors",
        _id(),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("bio", sa.Text()),
        sa.PrimaryKeyConstraint("id", name="pk_authors"),
    )
    op.create_table(
        "categories",
        _id(),
        sa.Column("name", sa.String(100), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_categories"),
        sa.UniqueConstraint("name", name="uq_categories_name"),
    )
    op.create_table(
        "books",
        _id(),
        sa.Column("title", sa.String(255), nullable=False),
        sa.Column("author", sa.String(255), nullable=False),
        sa.Column("isbn", sa.String(13), nullable=False),
        sa.Column("published_date", sa.Date(), nullable=False),
        sa.Column("description", sa.Text()),
        sa.Column("author_id", sa.BigInteger()),
        sa.PrimaryKeyConstraint("id", name="pk_books"),
        sa.UniqueConstraint("isbn", name="uq_books_isbn"),
        sa.ForeignKeyConstraint(
            ["author_id"], ["authors.id"], name="fk_books_author_id", ondelete="SET NULL"
        ),
    )
    op.create_index("ix_books_author_id_id", "books", ["author_id", "id"])
    op.create_table(
        "book_categories",
        sa.Column("category_id", sa.BigInteger(), nullable=False),
        sa.Column("book_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("category_id", "book_id", name="pk_book_categories"),
        sa.ForeignKeyConstraint(
            ["category_id"], ["categories.id"], name="fk_book_categories_category_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["book_id"], ["books.id"], name="fk_book_categories_book_id", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_book_categories_book_id", "book_categories", ["book_id"])
    op.create_table(
        "reviews",
        _id(),
        sa.Column("book_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("rating", sa.SmallInteger(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_reviews"),
        sa.UniqueConstraint("book_id", "user_id", name="uq_reviews_book_id_user_id"),
        sa.CheckConstraint("rating BETWEEN 1 AND 5", name=op.f("ck_reviews_rating")),
        sa.ForeignKeyConstraint(["book_id"], ["books.id"], name="fk_reviews_book_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_reviews_user_id", ondelete="CASCADE"),
    )
    op.create_index("ix_reviews_book_id_id", "reviews", ["book_id", "id"])
    op.create_index("ix_reviews_user_id", "reviews", ["user_id"])


def downgrade() -> None:
    for table in ("reviews", "book_categories", "books", "categories", "authors"):
        op.drop_table(table)
