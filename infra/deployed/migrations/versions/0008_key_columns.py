"""Columns for the forms in which category names and ISBNs are compared, and the functions that make them."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

# The white space that Python's str.strip removes and a name may hold.
SPACE = (
    r"\t\n\r \u0085\u00A0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200A"
    r"\u2028\u2029\u202F\u205F\u3000"
)


def upgrade() -> None:
    op.add_column("categories", sa.Column("name_key", sa.Text()))
    op.add_column("books", sa.Column("isbn_key", sa.Text()))
    op.execute(
        "CREATE FUNCTION category_name_key(name text) RETURNS text LANGUAGE sql IMMUTABLE AS"
        f" $$ SELECT btrim(normalize(name, NFC), E'{SPACE}') $$"
    )
    # A valid ISBN-10 as ISBN-13: 978, its first nine digits, another check digit. All else as it is.
    op.execute(
        "CREATE FUNCTION isbn_key(isbn text) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT"
        " CASE WHEN isbn !~ '^[0-9]{9}[0-9X]$' THEN isbn"
        " WHEN (SELECT sum((11 - n) * CASE substr(isbn, n, 1)"
        " WHEN 'X' THEN 10 ELSE CAST(substr(isbn, n, 1) AS int) END) FROM generate_series(1, 10) AS n)"
        " % 11 <> 0 THEN isbn"
        " ELSE '978' || left(isbn, 9) || (10 - (38 + (SELECT sum((1 + n % 2 * 2)"
        " * CAST(substr(isbn, n, 1) AS int)) FROM generate_series(1, 9) AS n)) % 10) % 10 END $$"
    )


def downgrade() -> None:
    op.execute("DROP FUNCTION isbn_key(text)")
    op.execute("DROP FUNCTION category_name_key(text)")
    op.drop_column("books", "isbn_key")
    op.drop_column("categories", "name_key")
