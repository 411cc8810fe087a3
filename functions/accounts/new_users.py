"""The common part of registration and invitation."""

from typing import Any

from shared.http import etag
from shared.identity.users import email_key, name_key
from shared.models.users import User

from fastapi import Response
from sqlalchemy.orm import Session

from accounts.mailed_links import refuse_taken
from accounts.queries import read_profile
from accounts.schemas import NewUser


def add_user(db: Session, response: Response, body: NewUser, **columns: Any) -> User:
    """Adds a user and tags the answer as GET tags their profile. Errors: EmailExists."""
    user = User(
        username=body.username,
        username_key=name_key(body.username),
        name=body.name,
        email=body.email,
        email_key=email_key(body.email),
        **columns,
    )
    db.add(user)
    db.flush()
    refuse_taken(db, body.email, user.id)
    response.headers["Location"] = f"/api/v1/users/{user.id}"
    response.headers["ETag"] = etag(read_profile(db, user.id))
    return user
