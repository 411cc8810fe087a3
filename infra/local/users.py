"""Users for trying the API, created without a password if absent."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from shared.identity import SESSION_LIFETIME
from shared.identity.issuing import Issuer
from shared.identity.users import name_key
from shared.models.sign_in import RefreshFamily
from shared.models.users import User

from sqlalchemy import Connection, NullPool, create_engine, func
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import SQLAlchemyError

from infra.deployed.migrations import in_words
from infra.emulator.command_error import CommandError

DEMO = "demo"


@contextmanager
def transaction(database_url: str) -> Iterator[Connection]:
    """Opens a transaction on the stack's database. Errors: CommandError, if it does not answer or refuses."""
    engine = create_engine(database_url, poolclass=NullPool, hide_parameters=True)
    try:
        with engine.begin() as db:
            yield db
    except (SQLAlchemyError, OSError) as error:
        raise CommandError(f"the stack's database reports: {in_words(error)}") from None


def token_for(username: str, database_url: str, issuer: Issuer) -> str:
    """Returns an access token of a session that no refresh token prolongs. Errors: CommandError."""
    row = insert(User).values(username=username, username_key=name_key(username))
    found = row.on_conflict_do_update(
        index_elements=[User.username_key],
        set_={User.username_key: row.excluded.username_key},
        where=User.kind == "user",
    )
    with transaction(database_url) as db:
        user = db.execute(found.returning(User.id, User.role)).one_or_none()
        if user is None:
            raise CommandError(f"{username} is a service; POST /api/v1/auth/token gives its tokens")
        expires = func.now() + timedelta(seconds=SESSION_LIFETIME)
        session = insert(RefreshFamily).values(user_id=user.id, expires_at=expires)
        session_id = db.scalars(session.returning(RefreshFamily.id)).one()
    return issuer.access_token(user.id, user.role, session_id)
