"""The app's role in the database: it reads and writes rows and cannot change the schema."""

from sqlalchemy import NullPool, create_engine, text

APP_ROLE = "routewise_app"

# On the role, since RDS Proxy refuses `options` at connect and pins on SET. Each is shorter than what
# waits on it: lock < statement < the socket's timeout (shared/database.py) < the function's (template.yaml).
TIMEOUTS = {
    "lock_timeout": "5s",
    "statement_timeout": "8s",
    "idle_in_transaction_session_timeout": "15s",
}


def create_roles(owner_url: str, app_password: str | None = None) -> None:
    """Make the app's role, or bring it up to date. Without a password it signs in by IAM."""
    engine = create_engine(owner_url, poolclass=NullPool)
    with engine.begin() as db:
        exists = db.scalar(text("SELECT 1 FROM pg_roles WHERE rolname = :role"), {"role": APP_ROLE})
        if not exists:
            db.exec_driver_sql(f"CREATE ROLE {APP_ROLE} LOGIN")
        if app_password is not None:
            literal = db.scalar(text("SELECT quote_literal(:password)"), {"password": app_password})
            db.exec_driver_sql(f"ALTER ROLE {APP_ROLE} PASSWORD {literal}".replace("%", "%%"))
        for name, value in TIMEOUTS.items():
            db.exec_driver_sql(f"ALTER ROLE {APP_ROLE} SET {name} = '{value}'")
        if db.scalar(text("SELECT 1 FROM pg_roles WHERE rolname = 'rds_iam'")):
            db.exec_driver_sql(f"GRANT rds_iam TO {APP_ROLE}")
        for grant in (
            f"REVOKE CREATE ON SCHEMA public FROM PUBLIC, {APP_ROLE}",
            f"GRANT USAGE ON SCHEMA public TO {APP_ROLE}",
            f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {APP_ROLE}",
            "ALTER DEFAULT PRIVILEGES IN SCHEMA public "
            f"GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {APP_ROLE}",
        ):
            db.exec_driver_sql(grant)
