"""A row that shares its key with an older one takes it over when that one goes.

The rows that shared one at 0011 have keys of their own. Without this an ISBN-10 would stay apart from its
ISBN-13 for good, so both could be there again.
"""

from alembic import op

revision = "0017"
down_revision = "0016"

# The row that has waited for longest for the key: a category's own key is `<shared key>\x1F<id>`,
# a book's is its ISBN-10.
TABLES = {
    "categories": ("name", r"starts_with(name_key, OLD.name_key || E'\x1F') ORDER BY id LIMIT 1"),
    "books": ("isbn", "isbn_key = isbn_10(OLD.isbn_key)"),
}


def upgrade() -> None:
    # An ISBN-13 as ISBN-10, null if it has none: its nine digits and a check digit.
    op.execute(
        "CREATE FUNCTION isbn_10(isbn text) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT"
        " CASE WHEN isbn ~ '^978[0-9]{10}$' THEN substr(isbn, 4, 9) || CASE digit WHEN 10 THEN 'X'"
        " ELSE CAST(digit AS text) END END FROM (SELECT sum(n * CAST(substr(isbn, n + 3, 1) AS int)) % 11"
        " AS digit FROM generate_series(1, 9) AS n WHERE isbn ~ '^978[0-9]{10}$') AS checked $$"
    )
    for table, (column, heir) in TABLES.items():
        key = f"{column}_key"
        op.execute(
            f"CREATE FUNCTION free_{key}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"  # noqa: S608
            f" IF TG_OP = 'DELETE' OR NEW.{key} IS DISTINCT FROM OLD.{key} THEN"
            f" UPDATE {table} SET {key} = OLD.{key} WHERE id = (SELECT id FROM {table} WHERE {heir});"
            " END IF; RETURN NULL; END $$"
        )
        op.execute(
            f"CREATE TRIGGER free_{key} AFTER DELETE OR UPDATE OF {column} ON {table}"
            f" FOR EACH ROW EXECUTE FUNCTION free_{key}()"
        )


def downgrade() -> None:
    for table, (column, _) in TABLES.items():
        op.execute(f"DROP TRIGGER IF EXISTS free_{column}_key ON {table}")  # a dropped table is made without
        op.execute(f"DROP FUNCTION free_{column}_key()")
    op.execute("DROP FUNCTION isbn_10(text)")
