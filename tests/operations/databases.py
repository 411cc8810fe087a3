"""What the tests of the migration ask of its database."""

import sqlalchemy as sa

BUILD = {"Release": "test-0123456789abcdef", "Stage": "test"}


def committing(url: str) -> sa.Connection:
    return sa.create_engine(url, poolclass=sa.NullPool, isolation_level="AUTOCOMMIT").connect()


def make_master(owner_url: str) -> None:
    """As RDS has it: no superuser, but it may create roles."""
    with committing(owner_url) as db:
        db.execute(sa.text("CREATE ROLE master LOGIN CREATEROLE CREATEDB PASSWORD 'm'"))
        db.execute(sa.text("CREATE ROLE rds_iam NOLOGIN"))
        db.execute(sa.text("GRANT rds_iam TO master WITH ADMIN OPTION"))


def migration(body: str, revision: str = "0002") -> str:
    before = "'0001'" if revision == "0002" else None
    return (
        f"from alembic import op\nrevision = '{revision}'\ndown_revision = {before}\n"
        f"def upgrade():\n    {body}\n"
        "def downgrade(): ...\n"
    )


def rows(url: str, query: str) -> list[tuple[object, ...]]:
    with sa.create_engine(url, poolclass=sa.NullPool).connect() as db:
        return [tuple(row) for row in db.execute(sa.text(query))]
