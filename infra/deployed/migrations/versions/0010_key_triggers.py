"""Triggers that fill the key columns, for the release before this one too."""

from alembic import op

revision = "0010"
down_revision = "0009"

KEYS = {  # table, column, key column: the function
    ("categories", "name", "name_key"): "category_name_key",
    ("books", "isbn", "isbn_key"): "isbn_key",
}


def upgrade() -> None:
    for (table, column, key), function in KEYS.items():
        # A row that shared its key with another one keeps its own while its value stays as it is.
        op.execute(
            f"CREATE FUNCTION fill_{key}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            f" IF TG_OP = 'INSERT' OR NEW.{column} IS DISTINCT FROM OLD.{column} THEN"
            f" NEW.{key} = {function}(NEW.{column}); END IF; RETURN NEW; END $$"
        )
        op.execute(
            f"CREATE TRIGGER fill_{key} BEFORE INSERT OR UPDATE OF {column} ON {table}"
            f" FOR EACH ROW EXECUTE FUNCTION fill_{key}()"
        )


def downgrade() -> None:
    for table, _, key in KEYS:
        op.execute(f"DROP TRIGGER IF EXISTS fill_{key} ON {table}")  # a dropped table is made without
        op.execute(f"DROP FUNCTION fill_{key}()")
