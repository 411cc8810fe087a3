"""Names, roles and creation of users, for several domains."""

import unicodedata
from collections.abc import Mapping
from contextlib import suppress
from secrets import token_hex
from typing import Any

from shared.http.errors import AlreadyExists, InvalidToken
from shared.http.fields import Name
from shared.models.users import User, deleted_subjects

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session


def name_key(name: str) -> str:
    """Returns the compared form of a username: NFKC, case folded."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())


def email_key(address: str) -> str:
    """Returns the compared form of an e-mail address: the local part as a name, the domain's A-label.

    For an invalid address it returns a key that no user has.
    """
    local, _, domain = address.rpartition("@")
    return f"{name_key(local)}@{_a_label(domain)}"


def _a_label(domain: str) -> str:
    """Returns the domain in ASCII: IDNA 2008 after UTS #46's mapping of case and width, else case folded."""
    if domain.isascii() and "xn--" not in domain.lower():
        return domain.lower()
    import idna  # 40 ms that most addresses need not spend

    try:
        return idna.encode(domain, uts46=True).decode()
    except idna.IDNAError:
        return name_key(domain)


def grant_admin(db: Session, username: str) -> bool:
    """Makes the user an admin. Returns False if there is no such user."""
    chosen = update(User).where(User.username_key == name_key(username), User.is_person).values(role="admin")
    user_id = db.scalar(chosen.returning(User.id))
    if user_id is None:
        return False
    from shared.models.account_events import AccountEvent  # no route grants

    db.execute(insert(AccountEvent).values(user_id=user_id, kind="role_changed"))
    return True


def add_issuers_user(db: Session, issuer: str, subject: str, claims: Mapping[str, Any]) -> None:
    """Adds another issuer's user, named `u<id>`, if absent. Of racing calls only one adds it.

    The user's name and verified address come from the claims, unless another user has the address. Errors:
    InvalidToken, if the issuer's user has been deleted.
    """
    unnamed = f"new-{issuer} {subject}"  # unique, and no user can choose it
    user_id = db.scalar(
        insert(User)
        .values(username="", username_key=unnamed, name=_name_of(claims), issuer=issuer, subject=subject)
        .on_conflict_do_nothing(index_elements=[User.issuer, User.subject])
        .returning(User.id)
    )
    if user_id is None:
        return
    # After the insert, which waits for a deletion under way.
    if db.scalar(select(deleted_subjects.c.issuer).filter_by(issuer=issuer, subject=subject)) is not None:
        raise InvalidToken
    own = update(User).where(User.id == user_id)
    name = f"u{user_id}"
    try:
        with db.begin_nested():
            db.execute(own.values(username=name, username_key=name))
    except AlreadyExists:  # somebody chose the next user's name; this one nobody can foretell
        name = f"{name}_{token_hex(4)}"
        db.execute(own.values(username=name, username_key=name))
    if (email := _verified_email_of(claims)) is not None:
        key = email_key(email)
        with suppress(AlreadyExists), db.begin_nested():
            db.execute(own.values(email=email, email_key=key, verified_email_key=key))


def _name_of(claims: Mapping[str, Any]) -> str | None:
    """Returns the claim `name`, None if no user could have that name here."""
    with suppress(ValidationError):
        name: str = TypeAdapter(Name).validate_python(claims.get("name"))
        return name
    return None


def _verified_email_of(claims: Mapping[str, Any]) -> str | None:
    """Returns the claim `email` if the issuer verified it. The gateway gives every claim as a text."""
    if str(claims.get("email_verified")).lower() != "true":
        return None
    from email_validator import EmailNotValidError, validate_email  # 40 ms that few calls spend

    with suppress(EmailNotValidError):
        email: str = validate_email(str(claims.get("email")), check_deliverability=False).normalized
        return email if len(email) <= 254 else None
    return None
