"""Creates the database's roles as its master user: the app's role and the schema's owner.

The master of an RDS database is no superuser, so a role with CREATEROLE may run each statement here.
"""

from shared.runtime.product import IDENTIFIER

from sqlalchemy import Connection, text

from infra.deployed.migrations import owner_engine

APP_ROLE = f"{IDENTIFIER}_app"  # reads and writes rows but cannot change the schema
MIGRATION_ROLE = f"{IDENTIFIER}_migration"  # owns the schema; nobody signs in as it

# On the role, since RDS Proxy refuses `options` at connect and pins on SET. Each is shorter than what
# waits on it: lock < statement < the socket's (shared/database/sessions.py) < the function's (template.yaml).
TIMEOUTS = {
    "lock_timeout": "5s",
    "statement_timeout": "8s",
    "idle_in_transaction_session_timeout": "15s",
}

OWNERSHIP = f"""
DO $$
DECLARE made_before name;
BEGIN
    EXECUTE format('GRANT CREATE ON DATABASE %I TO {MIGRATION_ROLE}', current_database());
    ALTER SCHEMA public OWNER TO {MIGRATION_ROLE};
    FOR made_before IN
        SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tableowner = current_user
    LOOP
        EXECUTE format('ALTER TABLE public.%I OWNER TO {MIGRATION_ROLE}', made_before);
    END LOOP;
END $$
"""  # noqa: S608

RIGHTS = (
    f"REVOKE CREATE ON SCHEMA public FROM PUBLIC, {APP_ROLE}",
    f"GRANT USAGE ON SCHEMA public TO {APP_ROLE}",
    f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {APP_ROLE}",
    f"ALTER DEFAULT PRIVILEGES FOR ROLE {MIGRATION_ROLE} IN SCHEMA public"
    f" GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {APP_ROLE}",
)


def create_roles(master_url: str, app_password: str | None = None) -> None:
    """Creates or updates the roles. Without a password the app's role signs in by IAM."""
    with owner_engine(master_url).begin() as db:
        _make(db, MIGRATION_ROLE, "NOLOGIN")
        db.execute(text(f"GRANT {MIGRATION_ROLE} TO CURRENT_USER"))
        _make(db, APP_ROLE, "LOGIN")
        for name, value in TIMEOUTS.items():
            db.execute(text(f"ALTER ROLE {APP_ROLE} SET {name} = '{value}'"))
        if app_password is not None:
            literal = db.scalar(text("SELECT quote_literal(:password)"), {"password": app_password})
            db.exec_driver_sql(f"ALTER ROLE {APP_ROLE} PASSWORD {literal}")
        if _exists(db, "rds_iam"):
            db.execute(text(f"GRANT rds_iam TO {APP_ROLE}"))
        db.exec_driver_sql(OWNERSHIP)
        for statement in RIGHTS:
            db.execute(text(statement))


def _make(db: Connection, role: str, login: str) -> None:
    if not _exists(db, role):
        db.execute(text(f"CREATE ROLE {role} {login}"))


def _exists(db: Connection, role: str) -> bool:
    return db.scalar(text("SELECT 1 FROM pg_roles WHERE rolname = :role"), {"role": role}) is not None
