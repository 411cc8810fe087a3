"""What more than one part does with users."""

import unicodedata

from sqlalchemy import update
from sqlalchemy.orm import Session

from shared.models.users import User


def name_key(name: str) -> str:
    """The form in which usernames and e-mail addresses are compared: NFKC, without regard to case."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())


def grant_admin(db: Session, username: str) -> bool:
    """Make that user an admin. False where there is none."""
    chosen = update(User).where(User.username_key == name_key(username)).values(role="admin")
    return db.scalar(chosen.returning(User.id)) is not None
