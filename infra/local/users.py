"""Users for trying the API: made without a password where there is none of that name."""

from shared.identity.issuing import Issuer
from shared.identity.users import name_key
from shared.models.users import User

from sqlalchemy import NullPool, create_engine
from sqlalchemy.dialects.postgresql import insert

DEMO = "demo"


def token_for(username: str, database_url: str, issuer: Issuer) -> str:
    """An access token."""
    row = insert(User).values(username=username, username_key=name_key(username))
    found = row.on_conflict_do_update(
        index_elements=[User.username_key], set_={User.username_key: row.excluded.username_key}
    )
    with create_engine(database_url, poolclass=NullPool).begin() as db:
        user = db.execute(found.returning(User.id, User.role)).one()
    return issuer.access_token(user.id, user.role)
