"""A column of another type beside the former, filled by a trigger for code that does not know it."""

import sqlalchemy as sa
from alembic import op

revision = "a1"
down_revision = "newest"


def upgrade() -> None:
    op.add_column("books", sa.Column("published_at", sa.DateTime(timezone=True)))
    op.execute(
        "CREATE FUNCTION fill_published_at() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN NEW.published_at = NEW.published_date; RETURN NEW; END $$"
    )
    op.execute(
        "CREATE TRIGGER fill_published_at BEFORE INSERT OR UPDATE OF published_date ON books"
        " FOR EACH ROW EXECUTE FUNCTION fill_published_at()"
    )
