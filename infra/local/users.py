"""Users for trying the API, created without a password if absent."""

from collections.abc import Iterator
from contextlib import contextmanager

from shared.identity.issuing import Issuer
from shared.identity.users import name_key
from shared.models.users import User

from sqlalchemy import Connection, NullPool, create_engine
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
        raise CommandError(f"the stack's database refuses: {in_words(error)}") from None


def token_for(username: str, database_url: str, issuer: Issuer) -> str:
    """Returns an access token. Errors: CommandError."""
    row = insert(User).values(username=username, username_key=name_key(username))
    found = row.on_conflict_do_update(
        index_elements=[User.username_key], set_={User.username_key: row.excluded.username_key}
    )
    with transaction(database_url) as db:
        user = db.execute(found.returning(User.id, User.role)).one()
    return issuer.access_token(user.id, user.role)
