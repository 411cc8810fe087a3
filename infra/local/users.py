"""Users for trying the API."""

from sqlalchemy import NullPool, create_engine
from sqlalchemy.dialects.postgresql import insert

from shared.models import User

DEMO = "demo"


def ensure_user(database_url: str, username: str) -> str:
    """The id of the user with that name, made without a password where there is none yet."""
    row = insert(User).values(username=username, username_key=username.lower())
    found = row.on_conflict_do_update(
        index_elements=[User.username_key], set_={User.username_key: row.excluded.username_key}
    )
    with create_engine(database_url, poolclass=NullPool).begin() as db:
        return str(db.scalar(found.returning(User.id)))
