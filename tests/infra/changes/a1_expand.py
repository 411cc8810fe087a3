"""A second column of another type, filled by a trigger for code that does not know it."""

import sqlalchemy as sa
from alembic import op

revision = "a1"
down_revision = "newest"


def upgrade() -> None:
    op.add_column("labels", sa.Column("printed_at", sa.DateTime(timezone=True)))
    op.execute(
        "CREATE FUNCTION fill_printed_at() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN NEW.printed_at = NEW.printed_on; RETURN NEW; END $$"
    )
    op.execute(
        "CREATE TRIGGER fill_printed_at BEFORE INSERT OR UPDATE OF printed_on ON labels"
        " FOR EACH ROW EXECUTE FUNCTION fill_printed_at()"
    )
