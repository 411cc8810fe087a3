"""The keys of the rows that were there before the triggers.

Rows that already share a key keep their value: the oldest category has the shared key, the others one with
their id, which no name can be. Of a book under an ISBN-10 and under its ISBN-13 the former keeps its own.
"""

from infra.deployed.migrations.online import in_batches

revision = "0011"
down_revision = "0010"


CATEGORIES = r"""
    UPDATE categories AS this SET name_key =
        CASE WHEN place > 1 OR EXISTS (SELECT FROM categories AS other WHERE other.name_key = shared_key)
             THEN shared_key || E'\x1F' || row_id
             ELSE shared_key END
    FROM (SELECT id AS row_id, category_name_key(name) AS shared_key,
                 row_number() OVER (PARTITION BY category_name_key(name) ORDER BY id) AS place
          FROM categories) AS keyed
    WHERE row_id = this.id AND this.name_key IS NULL"""
BOOKS = """
    UPDATE books AS this SET isbn_key =
        CASE WHEN EXISTS (SELECT FROM books AS other WHERE other.isbn_key = isbn_key(this.isbn))
               OR EXISTS (SELECT FROM books AS other
                          WHERE other.isbn = isbn_key(this.isbn) AND other.id <> this.id)
             THEN this.isbn
             ELSE isbn_key(this.isbn) END
    WHERE isbn_key IS NULL"""


def upgrade() -> None:
    in_batches(CATEGORIES.strip(), "categories")
    in_batches(BOOKS.strip(), "books")


def downgrade() -> None:
    """The columns go in 0008."""
