"""Fills a database with the demo data, with all of it or nothing."""

from shared.identity.users import name_key
from shared.models.users import User

from argon2 import PasswordHasher
from sqlalchemy import Connection, Engine, select, text

from infra.domains import BEGIN, Demo, provided
from infra.emulator.command_error import CommandError
from infra.local.demo import data
from infra.local.demo.copying import Progress, copy
from infra.local.demo.data import Scale

PASSWORD = "correct horse battery staple"  # noqa: S105  of every demo user


def is_there(db: Connection) -> bool:
    return db.scalar(select(User.id).where(User.username_key == name_key(data.username(0)))) is not None


def require_this_machine(engine: Engine) -> None:
    """Errors: CommandError, for a database elsewhere, before any connection."""
    if engine.url.host not in ("127.0.0.1", "::1", "localhost"):
        raise CommandError(f"make demo fills only a database on this machine, not one on {engine.url.host}")


def require_no_cloud(db: Connection) -> None:
    """Errors: CommandError, for an RDS database behind a tunnel."""
    if db.scalar(text("SELECT true FROM pg_roles WHERE rolname = 'rds_superuser'")):
        raise CommandError("make demo fills only a database on this machine, and this address leads to RDS")


def fill(db: Connection, scale: Scale, done: Progress) -> None:
    """Fills in the transaction of `db`, without a timeout. Calls `done` with rows as they arrive."""
    for timeout in ("statement_timeout", "idle_in_transaction_session_timeout"):
        db.execute(text(f"SET LOCAL {timeout} = 0"))
    users = _users(db, scale, done)
    demo = Demo(db, scale.factor, users, lambda columns, rows: copy(db, columns, rows, done))
    for fill_domain in provided("demo"):
        fill_domain(demo)


def _users(db: Connection, scale: Scale, done: Progress) -> list[int]:
    password_hash = PasswordHasher().hash(PASSWORD)  # one for all users, since hashing is slow on purpose
    rows = (
        (name, name, email, email, password_hash, BEGIN)
        for name, email in ((name, f"{name}@demo.example") for name in map(data.username, range(scale.users)))
    )
    columns = (User.username, User.username_key, User.email, User.email_key, User.password_hash)
    copy(db, (*columns, User.created_at), rows, done)
    made = select(User.id).where(User.password_hash == password_hash)
    return list(db.scalars(made.order_by(User.id)))
