"""What Alembic runs for each command: one transaction, on a direct connection, one migration at a time."""

from alembic import context
from sqlalchemy import NullPool, create_engine, text

from shared.models import Base

LOCK = 0x726F757465776973  # "routewis": any number that nobody else locks

engine = create_engine(context.config.attributes["url"], poolclass=NullPool)
with engine.begin() as connection:
    connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
    context.configure(connection=connection, target_metadata=Base.metadata, compare_server_default=True)
    context.run_migrations()
